import type { StatementScope } from './statement-scope.ts'
import { keywordOf } from './statement-scope.ts'

interface Frame {
  readonly kind: 'begin' | 'case' | 'if' | 'loop' | 'while'
  /** A WHEN or ELSEIF was seen whose THEN is still to come. */
  awaitsThen: boolean
}

const routineKinds = new Set(['procedure', 'function', 'trigger', 'event', 'package'])
/** `CREATE OR REPLACE DEFINER = a@b SQL SECURITY INVOKER AGGREGATE FUNCTION` and the like. */
const headWordsMax = 14
const endedKinds = new Set(['if', 'loop', 'repeat', 'while', 'case', 'for'])

/**
 * The scope of one statement where routines, triggers and events are written as blocks: a delimiter inside of BEGIN … END, CASE … END,
 * IF … END IF, LOOP and WHILE ends nothing. Outside of such a CREATE those words are names or functions (`BEGIN;`, `IF(a, b, c)`)
 * and count for nothing, but for MariaDB's `BEGIN NOT ATOMIC`. `executable` comments hold together too.
 */
export function createBlockScope(): StatementScope {
  const frames: Frame[] = []
  let executable = 0
  let words = 0
  let first = ''
  let isRoutine = false
  let afterDot = false
  let ended = false
  let whileOpen = false

  /** END stands for BEGIN or CASE; END IF and its like for their own. */
  const settleEnd = (next: string): void => {
    if (!ended) return
    ended = false
    const top = frames.at(-1)
    if (top === undefined) return
    if (endedKinds.has(next)) {
      if (top.kind === next) frames.pop()
    } else if (top.kind === 'begin' || top.kind === 'case') frames.pop()
  }

  const takeKeyword = (word: string, isEndOf: boolean): void => {
    const top = frames.at(-1)
    const push = (kind: Frame['kind']): void => {
      frames.push({ kind, awaitsThen: false })
    }
    switch (word) {
      case 'begin':
        push('begin')
        break
      case 'case':
        if (!isEndOf) push('case')
        break
      case 'loop':
        if (!isEndOf) push('loop')
        break
      case 'while':
        whileOpen = !isEndOf
        break
      case 'do':
        if (whileOpen) push('while')
        whileOpen = false
        break
      case 'when':
      case 'elseif':
      case 'elsif':
        if (top !== undefined) top.awaitsThen = true
        break
      case 'then':
        if (top?.awaitsThen === true) top.awaitsThen = false
        else push('if')
        break
      case 'end':
        ended = true
        break
      default:
    }
  }

  const takeWord = (word: string): void => {
    const isEndOf = ended
    settleEnd(word)
    if (words === 0) first = word
    words++
    if (!isRoutine) {
      const isHead = (first === 'create' || first === 'alter') && words <= headWordsMax
      if (isHead && routineKinds.has(word)) isRoutine = true
      else if (first === 'begin' && words === 2 && word === 'not') {
        isRoutine = true
        frames.push({ kind: 'begin', awaitsThen: false })
      }
    } else takeKeyword(word, isEndOf)
  }

  return {
    take: (text, token) => {
      if (token.kind === 'executableOpen') executable++
      else if (token.kind === 'executableClose') executable = Math.max(0, executable - 1)
      else if (token.kind === 'word') {
        // After a dot, as in NEW.end, it is a column.
        if (afterDot) settleEnd('')
        else takeWord(keywordOf(text, token))
      } else settleEnd('')
      afterDot = token.kind === 'symbol' && text.charCodeAt(token.start) === 46
    },
    isNested: () => {
      settleEnd('')
      return executable > 0 || frames.length > 0
    },
    isCopyFromStdin: () => false,
  }
}
