import { alterTable } from './alter-table.ts'
import { comments, texts } from './alter-step.ts'
import type { Change, StepPlan } from './alter-step.ts'

const identifier = /^(?:"(?:[^"]|"")*"|[^\s"]+)/

/** What ALTER FOREIGN TABLE does about the table itself. */
export function alterForeignTable(change: Change): StepPlan {
  const { from, to, has } = change
  const table = (to.drop[0] ?? '').replace(/^DROP FOREIGN TABLE /, '')
  const common = alterTable(change)
  if (common === 'recreate') return common
  return {
    statements: [
      ...common.statements,
      ...changeOptions(`ALTER FOREIGN TABLE ${table}`, from.properties['foreignOptions'], to.properties['foreignOptions']),
      ...changeColumnOptions(table, texts(from.properties['columnOptions']), texts(to.properties['columnOptions'])),
    ],
    unexpressed: [
      ...(common.unexpressed ?? []),
      ...(has('server') ? ['a foreign table cannot change its server without being made anew.'] : []),
    ],
  }
}

/** Servers and user mappings: everything but their options needs them to be made anew, with all that uses them. */
export function alterForeignServer({ from, to, has }: Change): StepPlan {
  const target = (to.create[0] ?? '')
    .replace(/^CREATE SERVER (?:IF NOT EXISTS )?/, 'SERVER ')
    .replace(new RegExp(`^(SERVER ${identifier.source.slice(1)}).*$`, 's'), '$1')
  const version = to.properties['version']
  return {
    statements: [
      ...(has('version') && typeof version === 'string' ? [`ALTER ${target} VERSION '${version.replaceAll("'", "''")}'`] : []),
      ...changeOptions(`ALTER ${target}`, from.properties['options'], to.properties['options']),
      ...comments(from, to),
    ],
    unexpressed: [
      ...(has('wrapper', 'serverType') ? ['a foreign server cannot change its wrapper or type without being made anew.'] : []),
      ...(has('version') && version === null ? ['a foreign server cannot lose its version without being made anew.'] : []),
    ],
  }
}

export function alterUserMapping({ from, to }: Change): StepPlan {
  const target = (to.create[0] ?? '')
    .replace(/^CREATE USER MAPPING (?:IF NOT EXISTS )?/, 'USER MAPPING ')
    .replace(/ OPTIONS \(.*$/s, '')
  return { statements: changeOptions(`ALTER ${target}`, from.properties['options'], to.properties['options']) }
}

/** One statement per column option, written `column option 'value'`. */
export function changeColumnOptions(table: string, before: readonly string[], after: readonly string[]): string[] {
  const split = (text: string): readonly [string, string] => {
    const column = identifier.exec(text)?.[0] ?? ''
    return [column, text.slice(column.length + 1)]
  }
  const columns = new Set([...before, ...after].map((text) => split(text)[0]))
  const of = (list: readonly string[], wanted: string): readonly string[] =>
    list.flatMap((text) => {
      const [column, option] = split(text)
      return column === wanted ? [option] : []
    })
  return [...columns].flatMap((column) =>
    changeOptions(`ALTER FOREIGN TABLE ${table} ALTER COLUMN ${column}`, of(before, column), of(after, column)),
  )
}

/** Options are written `name 'value'`. */
function changeOptions(head: string, from: unknown, to: unknown): string[] {
  const index = (list: unknown): ReadonlyMap<string, string> =>
    new Map((Array.isArray(list) ? (list as string[]) : []).map((text) => [identifier.exec(text)?.[0] ?? '', text]))
  const [before, after] = [index(from), index(to)]
  const parts = [
    ...[...before.keys()].filter((name) => !after.has(name)).map((name) => `DROP ${name}`),
    ...[...after]
      .filter(([name, text]) => before.get(name) !== text)
      .map(([name, text]) => `${before.has(name) ? 'SET' : 'ADD'} ${text}`),
  ]
  return parts.length === 0 ? [] : [`${head} OPTIONS (${parts.join(', ')})`]
}
