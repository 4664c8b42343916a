import { alterTarget, comments } from './alter-step.ts'
import type { Change, StepPlan } from './alter-step.ts'

/** Numbers of which a later one holds every value of an earlier one. */
const widening = ['smallint', 'integer', 'bigint', 'numeric']

/** ALTER COLUMN in all its forms. */
export function alterColumn({ from, to, has }: Change): StepPlan {
  const table = alterTarget(to)
  const column = columnName(to.create[0] ?? '', table)
  const alter = `${table} ALTER COLUMN ${column}`
  const value = (name: string): string | null => {
    const found = to.properties[name]
    return found === null || found === undefined ? null : String(found)
  }
  const statements: string[] = []
  const oldDefault = from.properties['default'] ?? null
  if (has('generated')) {
    if (value('generated') !== null) {
      // What was in the column is computed from now on.
      return {
        statements: [...from.drop, ...to.create],
        losesData: `The column ${to.table ?? ''}.${to.name} becomes generated, so its values are computed anew.`,
      }
    }
    statements.push(`${alter} DROP EXPRESSION`)
  }
  let losesData: string | undefined
  const isRetyped = has('dataType', 'collation')
  if (isRetyped) {
    const oldType = String(from.properties['dataType'])
    const type = value('dataType') ?? ''
    if (oldDefault !== null) statements.push(`${alter} DROP DEFAULT`)
    const collation = value('collation')
    // Rows of a foreign table are converted where they live.
    const isForeign = from.drop[0]?.startsWith('ALTER FOREIGN TABLE ') === true
    const using = oldType === type || isForeign ? '' : ` USING ${column}::${type}`
    statements.push(`${alter} TYPE ${type}${collation === null ? '' : ` COLLATE ${collation}`}${using}`)
    if (!isWider(oldType, type))
      losesData = `The column ${to.table ?? ''}.${to.name} becomes ${type} and was ${oldType}, which may not hold every value.`
  }
  if (has('default') || (isRetyped && value('default') !== null)) {
    const byDefault = value('default')
    if (byDefault !== null) statements.push(`${alter} SET DEFAULT ${byDefault}`)
    else if (!isRetyped || oldDefault === null) statements.push(`${alter} DROP DEFAULT`)
  }
  if (has('isNotNull')) statements.push(`${alter} ${to.properties['isNotNull'] === true ? 'SET' : 'DROP'} NOT NULL`)
  if (has('identity'))
    statements.push(
      ...identityChange(
        typeof from.properties['identity'] === 'string' ? from.properties['identity'] : null,
        value('identity'),
        alter,
      ),
    )
  if (has('storage')) statements.push(`${alter} SET STORAGE ${value('storage') ?? 'DEFAULT'}`)
  if (has('compression')) statements.push(`${alter} SET COMPRESSION ${value('compression') ?? 'default'}`)
  if (has('statistics')) statements.push(`${alter} SET STATISTICS ${value('statistics') ?? '-1'}`)
  if (has('options')) {
    const names =
      (from.properties['options'] as readonly string[] | undefined)?.map((option) => option.slice(0, option.indexOf('='))) ?? []
    if (names.length > 0) statements.push(`${alter} RESET (${names.join(', ')})`)
    statements.push(...to.create.filter((statement) => statement.startsWith(`${alter} SET (`)))
  }
  return {
    statements: [...statements, ...comments(from, to)],
    losesData,
    ...(isRetyped || has('generated')
      ? { recreatesDependents: ['view', 'materializedView', 'rule', 'trigger', 'policy', 'function', 'procedure', 'statistics'] }
      : {}),
  }
}

/** The name as ADD COLUMN writes it. */
function columnName(create: string, table: string): string {
  return /^ ADD COLUMN ("(?:[^"]|"")*"|[^\s"]+)/.exec(create.slice(table.length))?.[1] ?? ''
}

function identityChange(from: string | null, to: string | null, alter: string): string[] {
  if (to === null) return [`${alter} DROP IDENTITY`]
  if (from === null) return [`${alter} ADD GENERATED ${to}`]
  const kindOf = (text: string): string => text.replace(/ AS IDENTITY.*$/s, '')
  const optionsOf = (text: string): string => text.slice(kindOf(text).length)
  if (optionsOf(from) === optionsOf(to)) return [`${alter} SET GENERATED ${kindOf(to)}`]
  return [`${alter} DROP IDENTITY`, `${alter} ADD GENERATED ${to}`]
}

/** Whether every value of a type is one of another. */
function isWider(from: string, to: string): boolean {
  if (from === to) return true
  const [fromName, ...fromSize] = split(from)
  const [toName, ...toSize] = split(to)
  const isText = (name: string): boolean => name === 'character varying' || name === 'text'
  if (isText(fromName) && isText(toName))
    return toSize[0] === undefined || (fromSize[0] !== undefined && fromSize[0] <= toSize[0])
  if (fromName === 'character' && isText(toName)) return toSize[0] === undefined || (fromSize[0] ?? 1) <= toSize[0]
  if (fromName === 'real' && toName === 'double precision') return true
  if (fromName === 'date' && toName.startsWith('timestamp')) return true
  if (fromName === 'json' && toName === 'text') return true
  const [before, after] = [widening.indexOf(fromName), widening.indexOf(toName)]
  if (before === -1 || after === -1) return false
  if (fromName === 'numeric' && toName === 'numeric') {
    const [precision, scale = 0] = fromSize
    const [toPrecision, toScale = 0] = toSize
    if (toPrecision === undefined) return true
    return precision !== undefined && toScale >= scale && toPrecision - toScale >= precision - scale
  }
  if (toName === 'numeric') return toSize[0] === undefined || toSize[0] - (toSize[1] ?? 0) >= ([5, 10, 19][before] ?? 19)
  return before <= after
}

function split(type: string): [string, ...number[]] {
  const match = /^(.*?)\(([\d,\s]+)\)(.*)$/.exec(type)
  if (match === null) return [type]
  return [`${match[1] ?? ''}${match[3] ?? ''}`, ...(match[2] ?? '').split(',').map(Number)]
}
