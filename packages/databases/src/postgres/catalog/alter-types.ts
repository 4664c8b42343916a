import { comments, texts } from './alter-step.ts'
import type { Change, StepPlan } from './alter-step.ts'
import { literal } from './reading.ts'

/** Values can be added anywhere; taking one away means a new type. */
export function alterEnum({ from, to, has }: Change): StepPlan {
  if (!has('labels')) return { statements: comments(from, to) }
  const before = texts(from.properties['labels'])
  const after = texts(to.properties['labels'])
  let at = 0
  for (const label of after) if (label === before[at]) at++
  if (at < before.length) return 'recreate'
  const name = (to.drop[0] ?? '').replace(/^DROP TYPE /, '')
  const known = new Set(before)
  const statements = after.flatMap((label, index) => {
    if (known.has(label)) return []
    const previous = after[index - 1]
    const place =
      previous === undefined ? (before[0] === undefined ? '' : ` BEFORE ${literal(before[0])}`) : ` AFTER ${literal(previous)}`
    return [`ALTER TYPE ${name} ADD VALUE ${literal(label)}${place}`]
  })
  return { statements: [...statements, ...comments(from, to)] }
}

/** Attributes can be added at the end while tables use the type. */
export function alterComposite({ from, to, has }: Change): StepPlan {
  if (!has('attributes')) return { statements: comments(from, to) }
  const before = texts(from.properties['attributes'])
  const after = texts(to.properties['attributes'])
  if (!before.every((attribute, index) => attribute === after[index])) return 'recreate'
  const name = (to.drop[0] ?? '').replace(/^DROP TYPE /, '')
  return {
    statements: [
      ...after.slice(before.length).map((attribute) => `ALTER TYPE ${name} ADD ATTRIBUTE ${attribute}`),
      ...comments(from, to),
    ],
  }
}

export function alterDomain({ from, to, has }: Change): StepPlan {
  if (has('baseType', 'collation')) return 'recreate'
  const domain = `ALTER DOMAIN ${(to.drop[0] ?? '').replace(/^DROP DOMAIN /, '')}`
  const statements: string[] = []
  const before = texts(from.properties['constraints'])
  const after = texts(to.properties['constraints'])
  const nameOf = (constraint: string): string => /^(?:"(?:[^"]|"")*"|[^\s"]+)/.exec(constraint)?.[0] ?? ''
  for (const gone of before.filter((constraint) => !after.includes(constraint))) {
    const validated = after.find((constraint) => gone === `${constraint} NOT VALID`)
    statements.push(`${domain} ${validated === undefined ? 'DROP' : 'VALIDATE'} CONSTRAINT ${nameOf(gone)}`)
  }
  for (const made of after.filter((constraint) => !before.includes(constraint) && !before.includes(`${constraint} NOT VALID`))) {
    statements.push(`${domain} ADD CONSTRAINT ${made}`)
  }
  if (has('default')) {
    const byDefault = to.properties['default']
    statements.push(byDefault === null ? `${domain} DROP DEFAULT` : `${domain} SET DEFAULT ${String(byDefault)}`)
  }
  if (has('isNotNull')) statements.push(`${domain} ${to.properties['isNotNull'] === true ? 'SET' : 'DROP'} NOT NULL`)
  return { statements: [...statements, ...comments(from, to)] }
}

export function alterSequence({ from, to, has }: Change): StepPlan {
  const sequence = `ALTER SEQUENCE ${(to.drop[0] ?? '').replace(/^DROP SEQUENCE (?:IF EXISTS )?/, '')}`
  const value = (name: string): string => String(to.properties[name])
  const options: string[] = []
  if (has('dataType')) options.push(`AS ${value('dataType')}`)
  // A new type brings bounds of its own, so that they are said too.
  const isRetyped = has('dataType')
  if (has('increment')) options.push(`INCREMENT BY ${value('increment')}`)
  if (has('minimum') || isRetyped) options.push(`MINVALUE ${value('minimum')}`)
  if (has('maximum') || isRetyped) options.push(`MAXVALUE ${value('maximum')}`)
  if (has('start')) options.push(`START WITH ${value('start')}`)
  if (has('cache')) options.push(`CACHE ${value('cache')}`)
  if (has('isCycled')) options.push(to.properties['isCycled'] === true ? 'CYCLE' : 'NO CYCLE')
  return {
    statements: [
      ...(options.length === 0 ? [] : [`${sequence} ${options.join(' ')}`]),
      ...(has('isUnlogged') ? [`${sequence} SET ${to.properties['isUnlogged'] === true ? 'UNLOGGED' : 'LOGGED'}`] : []),
      ...(has('ownedBy') ? [`${sequence} OWNED BY ${String(to.properties['ownedBy'] ?? 'NONE')}`] : []),
      ...comments(from, to),
    ],
  }
}

/** Tokens can be mapped otherwise while indexes use the configuration; a parser stays. */
export function alterTextSearchConfiguration({ from, to, has }: Change): StepPlan {
  if (has('parser')) return 'recreate'
  const target = `ALTER ${(to.drop[0] ?? '').replace(/^DROP /, '')}`
  const index = (of: Change['from']): ReadonlyMap<string, string> =>
    new Map(texts(of.properties['mappings']).map((mapping) => [mapping.slice(0, mapping.indexOf(' WITH ')), mapping]))
  const [before, after] = [index(from), index(to)]
  return {
    statements: [
      ...[...before.keys()].filter((token) => !after.has(token)).map((token) => `${target} DROP MAPPING FOR ${token}`),
      ...[...after]
        .filter(([token, mapping]) => before.get(token) !== mapping)
        .map(([token, mapping]) => `${target} ${before.has(token) ? 'ALTER' : 'ADD'} MAPPING FOR ${mapping}`),
      ...comments(from, to),
    ],
  }
}
