import type { AlterPlan, ObjectPair, SnapshotObject } from '@sluice/engine'
import { alterColumn } from './alter-column.ts'
import { alterTarget, commentRemovals, comments, texts } from './alter-step.ts'
import type { Change, StepPlan } from './alter-step.ts'
import { alterTable } from './alter-table.ts'
import { alterForeignServer, alterForeignTable, alterUserMapping } from './alter-foreign.ts'
import { alterOwner } from './read-owners.ts'
import { alterComposite, alterDomain, alterEnum, alterSequence, alterTextSearchConfiguration } from './alter-types.ts'

/** How an object of PostgreSQL becomes another. The way back is the same question the other way round. */
export function planPostgresAlter({ from, to, properties: all }: ObjectPair): AlterPlan {
  // Made anew it has its owner too; otherwise only that changes.
  const properties = all.filter((name) => name !== 'owner')
  const isOwned = properties.length < all.length
  if (isOwned && properties.length === 0) {
    const alteration = { statements: alterOwner(to), rollback: alterOwner(from) }
    return { kind: 'alter', alteration }
  }
  const names = new Set(properties)
  const has = (...wanted: readonly string[]): boolean => wanted.some((name) => names.has(name))
  const forward = planStep({ from, to, has })
  if (forward === 'recreate') return { kind: 'recreate' }
  const back = planStep({ from: to, to: from, has })
  const rollback = back === 'recreate' || (back.unexpressed ?? []).length > 0 ? undefined : back.statements
  if (!isOwned) return { kind: 'alter', alteration: { ...forward, rollback } }
  const statements = [...forward.statements, ...alterOwner(to)]
  return { kind: 'alter', alteration: { ...forward, statements, rollback: rollback?.concat(alterOwner(from)) } }
}

function planStep(change: Change): StepPlan {
  const { from, to, has } = change
  switch (to.type) {
    case 'table':
      return alterTable(change)
    case 'foreignTable':
      return alterForeignTable(change)
    case 'foreignServer':
      return alterForeignServer(change)
    case 'userMapping':
      return alterUserMapping(change)
    case 'textSearchConfiguration':
      return alterTextSearchConfiguration(change)
    case 'column':
      return alterColumn(change)
    case 'sequence':
      return alterSequence(change)
    case 'enum':
      return alterEnum(change)
    case 'composite':
      return alterComposite(change)
    case 'domain':
      return alterDomain(change)
    case 'primaryKey':
    case 'unique':
    case 'check':
    case 'exclusion':
    case 'foreignKey':
      return alterConstraint(change)
    case 'index':
      return has('definition', 'statistics') ? 'recreate' : { statements: [...indexSettings(change), ...comments(from, to)] }
    case 'view':
      return alterView(change)
    case 'materializedView':
      return has('definition', 'options', 'columnSettings', 'accessMethod', 'tablespace')
        ? 'recreate'
        : { statements: [...(has('withoutData') ? [refresh(to)] : []), ...comments(from, to)] }
    case 'function':
    case 'procedure':
      if (from.properties['~signature'] !== to.properties['~signature']) return 'recreate'
      return { statements: has('definition') ? to.create.concat(commentRemovals(from, to)) : comments(from, to) }
    case 'trigger':
    case 'rule':
      return has('definition') ? 'recreate' : { statements: [...stateChange(to), ...comments(from, to)] }
    case 'eventTrigger':
      return has('definition') ? 'recreate' : { statements: [...eventState(to), ...comments(from, to)] }
    case 'grant':
    case 'defaultPrivileges':
      return { statements: [...from.drop, ...to.create] }
    case 'extension':
      return alterExtension(change)
    default:
      return has('comment') && !Object.keys(to.properties).some((name) => name !== 'comment' && has(name))
        ? { statements: comments(from, to) }
        : 'recreate'
  }
}

function alterConstraint({ from, to, has }: Change): StepPlan {
  const table = alterTarget(to)
  const name = /ADD CONSTRAINT ((?:"(?:[^"]|"")*"|[^\s"]+)) /.exec(to.create[0] ?? '')?.[1] ?? to.name
  if (has('definition')) {
    const isValidation = from.properties['definition'] === `${String(to.properties['definition'])} NOT VALID`
    if (!isValidation || has('options', 'tablespace')) return 'recreate'
    return { statements: [`${table} VALIDATE CONSTRAINT ${name}`, ...comments(from, to)] }
  }
  if (has('options', 'tablespace')) return 'recreate'
  return { statements: [...indexSettings({ from, to, has }), ...comments(from, to)] }
}

function indexSettings({ from, to, has }: Change): string[] {
  const pick = (object: SnapshotObject, pattern: RegExp): string[] => object.create.filter((statement) => pattern.test(statement))
  const statements: string[] = []
  if (has('options', 'tablespace')) statements.push(...pick(to, /^ALTER INDEX /))
  if (has('isClustered')) {
    const clusters = pick(to, / CLUSTER ON /)
    statements.push(
      ...(clusters.length > 0
        ? clusters
        : pick(from, / CLUSTER ON /).map((text) => text.replace(/ CLUSTER ON .*$/s, ' SET WITHOUT CLUSTER'))),
    )
  }
  if (has('isReplicaIdentity')) {
    const identity = pick(to, / REPLICA IDENTITY USING INDEX /)
    statements.push(
      ...(identity.length > 0
        ? identity
        : pick(from, / REPLICA IDENTITY USING INDEX /).map((text) => text.replace(/ USING INDEX .*$/s, ' DEFAULT'))),
    )
  }
  return statements
}

function alterView({ from, to, has }: Change): StepPlan {
  if (has('accessMethod', 'tablespace', 'columnSettings')) return 'recreate'
  if (!has('definition', 'options')) return { statements: comments(from, to) }
  const before = texts(from.properties['~columns'])
  const after = texts(to.properties['~columns'])
  // Columns can only be added at the end of a view that stays.
  if (!before.every((column, index) => column === after[index])) return 'recreate'
  const [definition = '', ...rest] = to.create
  return { statements: [definition.replace(/^CREATE VIEW/, 'CREATE OR REPLACE VIEW'), ...rest, ...commentRemovals(from, to)] }
}

/** What a materialised view holds follows from its query, so that emptying it loses nothing. */
function refresh({ drop, properties }: SnapshotObject): string {
  const statement = (drop[0] ?? '').replace(/^DROP /, 'REFRESH ')
  return properties['withoutData'] === true ? `${statement} WITH NO DATA` : statement
}

function stateChange(to: SnapshotObject): string[] {
  const disabling = to.create.find((statement) =>
    /^ALTER TABLE .* (?:DISABLE|ENABLE (?:REPLICA|ALWAYS)) (?:TRIGGER|RULE) /s.test(statement),
  )
  if (disabling !== undefined) return [disabling]
  const match = /^DROP (TRIGGER|RULE) (.*)$/s.exec(to.drop[0] ?? '')
  const [, word = '', rest = ''] = match ?? []
  const name = /^("(?:[^"]|"")*"|[^\s"]+) ON (.*)$/s.exec(rest)
  return name === null ? [] : [`ALTER TABLE ${name[2] ?? ''} ENABLE ${word} ${name[1] ?? ''}`]
}

function eventState(to: SnapshotObject): string[] {
  const altering = to.create.find((statement) => statement.startsWith('ALTER EVENT TRIGGER '))
  return [altering ?? `${(to.drop[0] ?? '').replace('DROP ', 'ALTER ')} ENABLE`]
}

function alterExtension({ to, has }: Change): StepPlan {
  const name = (to.create[0] ?? '').replace(/^CREATE EXTENSION IF NOT EXISTS ("(?:[^"]|"")*"|\S+).*$/s, '$1')
  return {
    statements: has('version')
      ? [`ALTER EXTENSION ${name} UPDATE TO '${String(to.properties['version']).replaceAll("'", "''")}'`]
      : [],
    unexpressed: has('schema') ? ['an extension is moved by hand (ALTER EXTENSION … SET SCHEMA), and not every one can be.'] : [],
  }
}
