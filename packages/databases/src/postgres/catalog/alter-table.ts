import { comments, texts } from './alter-step.ts'
import type { Change, StepPlan } from './alter-step.ts'

/** What ALTER TABLE does about the table itself. Columns and constraints are objects of their own. */
export function alterTable({ from, to, has }: Change): StepPlan {
  const table = `ALTER TABLE ${(to.drop[0] ?? '').replace(/^DROP (?:FOREIGN )?TABLE /, '')}`
  const statements: string[] = []
  const unexpressed: string[] = []
  if (has('kind', 'partitionKey')) unexpressed.push('a table cannot change how it is partitioned.')
  if (has('columnOrder')) unexpressed.push('columns cannot change their order without the table being made anew.')
  if (has('partitionOf', 'partitionBound')) {
    const parent = from.properties['partitionOf']
    if (typeof parent === 'string')
      statements.push(`ALTER TABLE ${parent} DETACH PARTITION ${table.slice('ALTER TABLE '.length)}`)
    statements.push(...(to.attach?.statements.filter((statement) => statement.includes(' ATTACH PARTITION ')) ?? []))
  }
  if (has('inherits')) {
    const [before, after] = [texts(from.properties['inherits']), texts(to.properties['inherits'])]
    // A new parent is the last one, and their order is that of inherited columns.
    const differs = before.findIndex((name, index) => name !== after[index])
    const kept = differs === -1 ? before.length : differs
    statements.push(...before.slice(kept).map((name) => `${table} NO INHERIT ${name}`))
    statements.push(...after.slice(kept).map((name) => `${table} INHERIT ${name}`))
  }
  if (has('overrides')) {
    const before = texts(from.properties['overrides'])
    const after = texts(to.properties['overrides'])
    statements.push(...after.filter((statement) => !before.includes(statement)))
    const isChild = texts(to.properties['inherits']).length > 0
    if (isChild && before.some((statement) => !after.includes(statement)))
      unexpressed.push('what a child had otherwise than its parent is not undone.')
  }
  if (has('isUnlogged')) statements.push(`${table} SET ${to.properties['isUnlogged'] === true ? 'UNLOGGED' : 'LOGGED'}`)
  if (has('options')) {
    const [before, after] = [texts(from.properties['options']), texts(to.properties['options'])]
    const nameOf = (option: string): string => option.slice(0, option.indexOf('='))
    const gone = before.map(nameOf).filter((name) => !after.map(nameOf).includes(name))
    if (gone.length > 0) statements.push(`${table} RESET (${gone.join(', ')})`)
    if (after.length > 0) statements.push(`${table} SET (${after.join(', ')})`)
  }
  if (has('accessMethod')) statements.push(`${table} SET ACCESS METHOD ${String(to.properties['accessMethod'] ?? 'heap')}`)
  if (has('tablespace')) statements.push(`${table} SET TABLESPACE ${String(to.properties['tablespace'] ?? 'pg_default')}`)
  if (has('ofType'))
    statements.push(to.properties['ofType'] === null ? `${table} NOT OF` : `${table} OF ${String(to.properties['ofType'])}`)
  if (has('rowSecurity')) {
    const [before, after] = [String(from.properties['rowSecurity']), String(to.properties['rowSecurity'])]
    const isForced = (state: string): boolean => state.endsWith('forced')
    statements.push(`${table} ${after.startsWith('off') ? 'DISABLE' : 'ENABLE'} ROW LEVEL SECURITY`)
    if (isForced(before) !== isForced(after))
      statements.push(`${table} ${isForced(after) ? 'FORCE' : 'NO FORCE'} ROW LEVEL SECURITY`)
  }
  if (has('replicaIdentity'))
    statements.push(`${table} REPLICA IDENTITY ${String(to.properties['replicaIdentity']).toUpperCase()}`)
  return { statements: [...statements, ...comments(from, to)], unexpressed }
}
