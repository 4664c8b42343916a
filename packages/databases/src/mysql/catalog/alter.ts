import type { AlterPlan, ObjectPair, SnapshotObject } from '@sluice/engine'

interface Step {
  readonly statements: readonly string[]
  readonly losesData?: string | undefined
  readonly unexpressed?: readonly string[]
}

/** How an object of MySQL or MariaDB becomes another. Nothing depends on anything here but tables on tables, so nothing else is recreated. */
export function planMysqlAlter({ from, to, properties }: ObjectPair): AlterPlan {
  const has = (name: string): boolean => properties.includes(name)
  const forward = planStep(from, to, has)
  const back = planStep(to, from, has)
  return {
    kind: 'alter',
    alteration: { ...forward, rollback: (back.unexpressed ?? []).length > 0 ? undefined : back.statements },
  }
}

function planStep(from: SnapshotObject, to: SnapshotObject, has: (name: string) => boolean): Step {
  const definition = String(to.properties['definition'] ?? '')
  const table = /^ALTER TABLE (?:`(?:[^`]|``)*`\.)?`(?:[^`]|``)*`/.exec(to.drop[0] ?? '')?.[0] ?? ''
  const dropClause = (to.drop[0] ?? '').slice(table.length).trim()
  switch (to.type) {
    case 'table':
      return alterTable(from, to, has)
    case 'column': {
      const [before, after] = [typeOf(from), typeOf(to)]
      const losesData = isWider(before, after)
        ? undefined
        : `The column ${to.table ?? ''}.${to.name} becomes ${after} and was ${before}, which may not hold every value.`
      return { statements: [`${table} MODIFY COLUMN ${definition}`], losesData }
    }
    case 'primaryKey':
    case 'unique':
    case 'index':
    case 'check':
      // In one statement, so that a foreign key that needs the index is never without.
      return { statements: [`${table} ${dropClause}, ADD ${definition}`] }
    case 'view':
      return { statements: [(to.create[0] ?? '').replace(/^CREATE /, 'CREATE OR REPLACE ')] }
    case 'sequence': {
      const name = (to.drop[0] ?? '').replace(/^DROP SEQUENCE /, '')
      return { statements: [`ALTER SEQUENCE ${name} ${String(to.properties['options']).replace(/\s*ENGINE=\w+/, '')}`] }
    }
    case 'schema': {
      const { characterSet, collation } = to.properties
      const name = (to.drop[0] ?? '').replace(/^DROP DATABASE /, '')
      return { statements: [`ALTER DATABASE ${name} CHARACTER SET ${String(characterSet)} COLLATE ${String(collation)}`] }
    }
    default:
      return { statements: [...from.drop, ...to.create] }
  }
}

function alterTable(from: SnapshotObject, to: SnapshotObject, has: (name: string) => boolean): Step {
  const table = `ALTER TABLE ${(to.drop[0] ?? '').replace(/^DROP TABLE /, '')}`
  const statements: string[] = []
  const unexpressed: string[] = []
  let losesData: string | undefined
  if (has('columnOrder')) unexpressed.push('columns are moved by hand (ALTER TABLE … MODIFY COLUMN … AFTER …).')
  if (has('others')) unexpressed.push('periods and versioning are changed by hand.')
  if (has('options')) {
    const [before, after] = [String(from.properties['options']), String(to.properties['options'])]
    const charset = charsetOf(after)
    if (charset !== undefined && charset !== charsetOf(before)) {
      // The table's columns follow its character set, unless they have one of their own.
      statements.push(`${table} CONVERT TO CHARACTER SET ${charset.replace(' ', ' COLLATE ')}`)
      if (!charset.startsWith('utf8mb4'))
        losesData = `The texts of ${to.name} are converted to ${charset}, which may not have every character.`
    }
    const gone = [
      ...(/ COMMENT='/.test(before) && !/ COMMENT='/.test(after) ? ["COMMENT=''"] : []),
      ...(/ ROW_FORMAT=/.test(before) && !/ ROW_FORMAT=/.test(after) ? ['ROW_FORMAT=DEFAULT'] : []),
    ]
    const rest = after
      .replace(/ ?DEFAULT CHARSET=\w+/, '')
      .replace(/ ?COLLATE=\w+/, '')
      .trim()
    const wanted = [rest, ...gone].filter((option) => option !== '').join(' ')
    if (
      wanted !== '' &&
      (rest !==
        before
          .replace(/ ?DEFAULT CHARSET=\w+/, '')
          .replace(/ ?COLLATE=\w+/, '')
          .trim() ||
        gone.length > 0)
    ) {
      statements.push(`${table} ${wanted}`)
    }
  }
  if (has('partitioning')) {
    const partitioning = to.properties['partitioning']
    statements.push(
      partitioning === null || partitioning === undefined ? `${table} REMOVE PARTITIONING` : `${table}\n${String(partitioning)}`,
    )
  }
  return { statements, losesData, unexpressed }
}

function charsetOf(options: string): string | undefined {
  const charset = /DEFAULT CHARSET=(\w+)/.exec(options)?.[1]
  const collation = /COLLATE=(\w+)/.exec(options)?.[1]
  return charset === undefined ? undefined : `${charset}${collation === undefined ? '' : ` ${collation}`}`
}

function typeOf({ properties }: SnapshotObject): string {
  const text = String(properties['definition']).replace(/^`(?:[^`]|``)*` /, '')
  return /^\w+(?:\((?:[^()']|'(?:[^'\\]|\\.|'')*')*\))?(?: unsigned)?/.exec(text)?.[0] ?? text
}

const integers = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint']
const textTypes = ['tinytext', 'text', 'mediumtext', 'longtext']

/** Whether every value of a type is one of another. Display widths of integers mean nothing. */
function isWider(from: string, to: string): boolean {
  if (from === to) return true
  const [before, after] = [split(from), split(to)]
  if (before.unsigned !== after.unsigned) return false
  const [one, other] = [integers.indexOf(before.name), integers.indexOf(after.name)]
  if (one !== -1 && other !== -1) return one <= other
  if (/^(?:var)?char$/.test(before.name) && /^(?:var)?char$/.test(after.name))
    return (before.size[0] ?? 1) <= (after.size[0] ?? 1)
  if (/^(?:var)?char$/.test(before.name) && textTypes.indexOf(after.name) > 0) return true
  if (textTypes.includes(before.name) && textTypes.includes(after.name))
    return textTypes.indexOf(before.name) <= textTypes.indexOf(after.name)
  if (before.name === 'decimal' && after.name === 'decimal') {
    const [precision = 10, scale = 0] = before.size
    const [toPrecision = 10, toScale = 0] = after.size
    return toScale >= scale && toPrecision - toScale >= precision - scale
  }
  if (before.name === 'enum' && after.name === 'enum') return to.startsWith(from.slice(0, -1))
  return before.name === 'float' && after.name === 'double'
}

function split(type: string): { readonly name: string; readonly size: readonly number[]; readonly unsigned: boolean } {
  const [, name = '', size = ''] = /^(\w+)(?:\(([\d,]+)\))?/.exec(type) ?? []
  return { name: name.toLowerCase(), size: size === '' ? [] : size.split(',').map(Number), unsigned: type.endsWith(' unsigned') }
}
