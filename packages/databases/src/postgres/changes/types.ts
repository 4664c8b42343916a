/** A data type as PostgreSQL gets it. */
export interface PostgresType {
  readonly sql: string
  /** `serial` and its kin bring their own identity. */
  readonly autoIncrement: boolean
  /** How values of it are written. */
  readonly kind: 'boolean' | 'number' | 'date' | 'text'
}

/**
 * The type that an abstract type of a changelog becomes, worded as Liquibase 4.28 words it: `varchar2(10)` is `VARCHAR(10)`,
 * `datetime` is `TIMESTAMP WITHOUT TIME ZONE`, an unknown name is passed on in upper case. One difference on purpose: the
 * parameters of an array stay before its brackets, since `VARCHAR[](10)` is no type.
 */
export function toPostgresType(written: string): PostgresType {
  const { name, parameters, rest, brackets } = parseType(written)
  const rule = types[name]
  const sql = rule === undefined ? unknownType(written, parameters, rest) : rule.sql(parameters, rest)
  return { sql: sql + brackets, autoIncrement: serials.has(name), kind: brackets === '' ? (rule?.kind ?? 'text') : 'text' }
}

type TypeRule = { readonly kind: PostgresType['kind']; readonly sql: (parameters: string, rest: string) => string }

const serials = new Set(['serial', 'serial4', 'bigserial', 'serial8', 'smallserial', 'serial2'])

const plain = (sql: string, kind: PostgresType['kind'] = 'text'): TypeRule => ({ kind, sql: (_, rest) => sql + suffix(rest) })
const sized = (sql: string, kind: PostgresType['kind'] = 'text'): TypeRule => ({
  kind,
  sql: (parameters, rest) => `${sql}${parameters}${suffix(rest)}`,
})

const bytes = plain('BYTEA')
const text: TypeRule = { kind: 'text', sql: () => 'TEXT' }
const timestamp: TypeRule = {
  kind: 'date',
  sql: (parameters, rest) => `TIMESTAMP${parameters}${rest === '' ? ' WITHOUT TIME ZONE' : ` ${rest}`}`,
}
const dateTime: TypeRule = { kind: 'date', sql: (parameters) => `TIMESTAMP${parameters} WITHOUT TIME ZONE` }
const varchar = sized('VARCHAR')
const smallint = plain('SMALLINT', 'number')
const integer = plain('INTEGER', 'number')
const bigint = plain('BIGINT', 'number')
const decimal = sized('DECIMAL', 'number')

const types: Readonly<Record<string, TypeRule>> = {
  int: integer,
  integer,
  int4: integer,
  serial: integer,
  serial4: integer,
  bigint,
  int8: bigint,
  bigserial: bigint,
  serial8: bigint,
  smallint,
  int2: smallint,
  tinyint: smallint,
  smallserial: smallint,
  serial2: smallint,
  number: sized('numeric', 'number'),
  numeric: sized('numeric', 'number'),
  decimal,
  currency: decimal,
  money: decimal,
  smallmoney: decimal,
  double: plain('DOUBLE PRECISION', 'number'),
  float: sized('FLOAT', 'number'),
  real: sized('REAL', 'number'),
  float4: sized('FLOAT4', 'number'),
  float8: sized('FLOAT8', 'number'),
  boolean: plain('BOOLEAN', 'boolean'),
  bool: plain('BOOLEAN', 'boolean'),
  bit: sized('BIT', 'boolean'),
  char: sized('CHAR'),
  nchar: sized('NCHAR'),
  varchar,
  varchar2: varchar,
  nvarchar: varchar,
  nvarchar2: varchar,
  text,
  clob: text,
  nclob: text,
  longtext: text,
  mediumtext: text,
  tinytext: text,
  longvarchar: text,
  longnvarchar: text,
  ntext: text,
  blob: plain('OID'),
  longblob: bytes,
  mediumblob: bytes,
  tinyblob: bytes,
  binary: bytes,
  varbinary: bytes,
  longvarbinary: bytes,
  image: bytes,
  bytea: bytes,
  uuid: plain('UUID'),
  uniqueidentifier: plain('UUID'),
  date: plain('date', 'date'),
  time: {
    kind: 'date',
    sql: (parameters, rest) => `time${parameters} ${/^with\s/i.test(rest) ? 'WITH' : 'WITHOUT'} TIME ZONE`,
  },
  timestamp,
  timestamptz: { kind: 'date', sql: (parameters) => `TIMESTAMP${parameters} WITH TIME ZONE` },
  datetime: dateTime,
  datetime2: dateTime,
  smalldatetime: dateTime,
}

function parseType(written: string): {
  readonly name: string
  readonly parameters: string
  readonly rest: string
  readonly brackets: string
} {
  const bare = written
    .trim()
    .replace(/^java\.sql\.Types\./i, '')
    .replace(/^character\s+varying/i, 'varchar')
    .replace(/^double\s+precision/i, 'double')
  const brackets = /(\[\d*\])+$/.exec(bare)?.[0] ?? ''
  const match = /^([^\s(]+)\s*(?:\(([^)]*)\))?\s*(.*)$/s.exec(bare.slice(0, bare.length - brackets.length))
  const parameters = (match?.[2] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return {
    name: brackets === '' ? (match?.[1] ?? bare).toLowerCase() : arrayElement(match?.[1] ?? bare),
    parameters: parameters.length === 0 ? '' : `(${parameters.join(', ')})`,
    rest: match?.[3] ?? '',
    brackets,
  }
}

/** Liquibase passes the element types of arrays on, in upper case. */
function arrayElement(name: string): string {
  return `${name.toLowerCase()} `
}

function unknownType(written: string, parameters: string, rest: string): string {
  const name = /^[^\s(]+/.exec(written.trim().replace(/^java\.sql\.Types\./i, ''))?.[0] ?? written
  const bare = name.replace(/(\[\d*\])+$/, '')
  return `${bare.startsWith('"') ? bare : bare.toUpperCase()}${parameters}${suffix(rest)}`
}

function suffix(rest: string): string {
  return rest === '' ? '' : ` ${rest}`
}
