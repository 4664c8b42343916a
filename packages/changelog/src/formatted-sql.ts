import { finishChangeset, startChangeset, type DraftChangeset } from './formatted-sql-changeset.ts'
import { classifyLine, type FormattedLine } from './formatted-sql-lines.ts'
import { readPreconditionLine, readPreconditionsLine } from './formatted-sql-preconditions.ts'
import type { Changeset, SourcePlace } from './model.ts'
import { readPropertyLine } from './read-property.ts'
import { noteBroken, type FileContext, type ParseSession } from './session.ts'

type Directive = Extract<FormattedLine, { kind: 'directive' }>

/**
 * Reads the changesets of a formatted SQL file (its header line included in `text`). Directive lines are taken out; every other
 * line of a changeset is its SQL, comments included. Text before the first changeset is dropped.
 */
export function readFormattedSql(session: ParseSession, context: FileContext, text: string): readonly Changeset[] {
  return new FormattedSqlReader(session, context).read(text)
}

/** The logical path that a header line gives to its file. */
export function headerLogicalPath(text: string): string | undefined {
  const header = /^\s*--\s*liquibase\s*formatted[^\r\n]*/i.exec(text)?.[0] ?? ''
  return /\blogicalFilePath:(?:"([^"]+)"|(\S+))/i
    .exec(header)
    ?.slice(1)
    .find((value) => value !== undefined)
}

class FormattedSqlReader {
  readonly #session: ParseSession
  readonly #context: FileContext
  readonly #changesets: Changeset[] = []
  #draft: DraftChangeset | undefined
  /** Errors that are none of the draft's. */
  #otherErrors = 0
  /** Lines still to skip after `--ignoreLines:n`; Infinity between `start` and `end`. */
  #ignored = 0
  #rollbackBlockFrom: SourcePlace | undefined
  #ignoredFrom: SourcePlace | undefined

  constructor(session: ParseSession, context: FileContext) {
    this.#session = session
    this.#context = context
  }

  read(text: string): readonly Changeset[] {
    let number = 0
    let isHeaderSeen = false
    for (const line of text.split(/\r\n|\n|\r/)) {
      number++
      if (!isHeaderSeen) {
        isHeaderSeen = line.trim() !== ''
        continue
      }
      this.#line(line, { file: this.#context.file, line: number, column: 1 })
    }
    this.#finishDraft(true)
    if (this.#rollbackBlockFrom !== undefined) {
      const message = 'The rollback block that starts here does not end.'
      this.#session.reporter.error(this.#rollbackBlockFrom, 'CHANGELOG_OPEN_BLOCK', message, 'End it with a line "*/".')
    }
    if (this.#ignored === Infinity && this.#ignoredFrom !== undefined) {
      const message = 'The lines ignored from here on never end.'
      this.#session.reporter.error(
        this.#ignoredFrom,
        'CHANGELOG_OPEN_BLOCK',
        message,
        'End them with a line "--ignoreLines:end".',
      )
    }
    return this.#changesets
  }

  #line(line: string, place: SourcePlace): void {
    if (this.#rollbackBlockFrom !== undefined) return this.#rollbackBlockLine(line)
    const found = classifyLine(line)
    if (this.#ignored > 0) {
      const ends =
        this.#ignored === Infinity && found.kind === 'directive' && found.name === 'ignoreLines' && /^:end\b/i.test(found.rest)
      this.#ignored = ends ? 0 : this.#ignored - 1
      return
    }
    if (found.kind === 'directive') this.#directive(found, line, { ...place, column: found.column })
    else if (found.kind === 'mistake') this.#session.reporter.error(place, 'CHANGELOG_BAD_DIRECTIVE', found.message, found.hint)
    else if (found.kind === 'rollbackBlock' && this.#draft !== undefined) {
      this.#rollbackBlockFrom = place
      this.#draft.rollbackPlace ??= { ...place, line: place.line + 1 }
    } else {
      if (found.kind === 'header') {
        const message = 'A file has one header line; this is another one, and counts as a comment.'
        this.#session.reporter.warn(
          place,
          'CHANGELOG_SECOND_HEADER',
          message,
          'Remove it where nothing has run yet: it is in the checksum.',
        )
      }
      this.#sqlLine(line, place)
    }
  }

  #sqlLine(line: string, place: SourcePlace): void {
    if (this.#draft === undefined) return
    if (line.trim() !== '') this.#draft.sqlPlace ??= place
    this.#draft.lines.push(line)
  }

  /** Lines are joined with line ends: Liquibase glues them together, which breaks statements. */
  #rollbackBlockLine(line: string): void {
    const end = line.trimEnd().endsWith('*/')
    const text = end ? line.trimEnd().slice(0, -2) : line
    if (text.trim() !== '' || !end) this.#draft?.rollbackLines.push(text)
    if (end) this.#rollbackBlockFrom = undefined
  }

  #directive(found: Directive, line: string, place: SourcePlace): void {
    const { name, rest } = found
    if (name === 'changeset') return this.#startChangeset(rest, line, place)
    if (name === 'property') return this.#property(rest, place)
    if (name === 'ignoreLines') return this.#ignoreLines(rest, place)
    const draft = this.#draft
    if (draft === undefined) return this.#outside(name, place)
    if (name === 'comment') draft.comment = rest.replace(/^:? /, '')
    else if (name === 'validCheckSum') draft.validCheckSums.push(rest.replace(/^:? /, '').trim())
    else if (name === 'rollback') {
      draft.rollbackPlace ??= place
      draft.rollbackLines.push(rest.trim())
    } else if (name === 'preconditions') {
      draft.preconditions = readPreconditionsLine(this.#session, rest, place)
    } else this.#precondition(draft, rest, place)
  }

  #precondition(draft: DraftChangeset, rest: string, place: SourcePlace): void {
    if (draft.preconditions === undefined) {
      const message = 'This precondition has no "--preconditions" line above it.'
      this.#session.reporter.error(place, 'CHANGELOG_BAD_DIRECTIVE', message, 'Write "--preconditions onFail:HALT" first.')
    }
    const test = readPreconditionLine(this.#session, this.#context, rest, place)
    if (test === undefined || draft.preconditions === undefined) return
    draft.preconditions = { ...draft.preconditions, conditions: [...draft.preconditions.conditions, test] }
  }

  #startChangeset(rest: string, line: string, place: SourcePlace): void {
    this.#finishDraft(false)
    this.#otherErrors = this.#session.reporter.errorCount
    const draft = startChangeset(rest, line, place)
    if (draft === undefined) {
      const hint = 'Write "--changeset author:id", with blanks and colons of a name inside of double quotes.'
      this.#session.reporter.error(place, 'CHANGELOG_BAD_CHANGESET_LINE', 'The changeset line has no author and id.', hint)
      noteBroken(this.#session, undefined, this.#otherErrors)
    }
    this.#draft = draft
  }

  #finishDraft(isLast: boolean): void {
    if (this.#draft === undefined) return
    const changeset = finishChangeset(this.#session, this.#context, this.#draft, isLast)
    this.#changesets.push(changeset)
    noteBroken(this.#session, changeset, this.#otherErrors)
    this.#draft = undefined
  }

  /** A property is the file's, wherever it stands. */
  #property(rest: string, place: SourcePlace): void {
    const before = this.#session.reporter.errorCount
    readPropertyLine(this.#session, this.#context, rest, place)
    this.#otherErrors += this.#session.reporter.errorCount - before
  }

  #ignoreLines(rest: string, place: SourcePlace): void {
    const argument = /^:(\w+)/.exec(rest)?.[1]?.toLowerCase() ?? ''
    this.#ignoredFrom = place
    if (argument === 'start') this.#ignored = Infinity
    else if (/^\d{1,9}$/.test(argument)) this.#ignored = Number(argument)
    else {
      const hint = 'Write a number of lines, or "start" and, on a later line, "end".'
      this.#session.reporter.error(
        place,
        'CHANGELOG_BAD_DIRECTIVE',
        `"${argument}" is nothing that lines can be ignored by.`,
        hint,
      )
    }
  }

  #outside(name: string, place: SourcePlace): void {
    const message = `"--${name}" stands outside of a changeset.`
    this.#session.reporter.error(place, 'CHANGELOG_BAD_DIRECTIVE', message, 'Move it below the changeset line that it is for.')
  }
}
