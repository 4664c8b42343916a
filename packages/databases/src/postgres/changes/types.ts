import { charType, fixed, integerTypes, mapType, sized, suffix, unsized } from '../../changes/types.ts'
import type { ColumnType, TypeRule, TypeRules } from '../../changes/types.ts'

/** The type that an abstract type of a changelog becomes on PostgreSQL, worded as Liquibase 4.28 words it. */
export function toPostgresType(written: string): ColumnType {
  return mapType(written, rules)
}

const counts = { canCount: true }
const bytes = fixed('BYTEA', 'other')
const text = fixed('TEXT', 'text')
const integer = fixed('INTEGER', 'number', counts)
const bigint: TypeRule = {
  kind: 'number',
  canCount: true,
  sql: (_, rest) => `BIGINT${/^unsigned/i.test(rest) ? suffix(rest.toUpperCase()) : ''}`,
}
const smallint = fixed('SMALLINT', 'number', counts)
const decimal = sized('DECIMAL', 'number', counts)
const numeric = sized('numeric', 'number', counts)
/** `VARCHAR(10 char)` is another database's way to say 10. */
const varchar: TypeRule = {
  kind: 'text',
  sql: (parameters, rest) => `VARCHAR${parameters.replace(/\s+(char|byte)\)$/i, ')')}${suffix(rest)}`,
}
const timestamp: TypeRule = {
  kind: 'date',
  sql: (parameters, rest) => `TIMESTAMP${parameters}${rest === '' ? ' WITHOUT TIME ZONE' : ` ${rest}`}`,
  problem: tooPrecise,
}
const zoned: TypeRule = { kind: 'date', sql: (parameters) => `TIMESTAMP${parameters} WITH TIME ZONE` }
const dateTime: TypeRule = { kind: 'date', sql: (parameters) => `TIMESTAMP${parameters} WITHOUT TIME ZONE` }

function tooPrecise(parameters: string): string | undefined {
  return Number(parameters.slice(1, -1)) > 6 ? 'it keeps at most 6 digits of a second.' : undefined
}

const rules: TypeRules = {
  ...integerTypes(integer, bigint, smallint),
  tinyint: smallint,
  number: numeric,
  numeric,
  decimal,
  currency: sized('DECIMAL', 'number'),
  money: sized('DECIMAL', 'number'),
  smallmoney: sized('DECIMAL', 'number'),
  double: fixed('DOUBLE PRECISION', 'number'),
  float: sized('FLOAT', 'number'),
  real: sized('REAL', 'number'),
  'java.real': sized('FLOAT', 'number'),
  float4: sized('FLOAT4', 'number', counts),
  float8: sized('FLOAT8', 'number', counts),
  boolean: unsized('BOOLEAN', 'boolean'),
  bool: unsized('BOOLEAN', 'boolean'),
  bit: {
    kind: 'boolean',
    sql: (parameters, rest) =>
      /^varying/i.test(rest) ? `BIT ${rest.toUpperCase()}${parameters}` : `BIT${parameters}${suffix(rest)}`,
  },
  char: charType,
  nchar: sized('NCHAR', 'text'),
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
  blob: fixed('OID', 'other'),
  longblob: bytes,
  mediumblob: bytes,
  tinyblob: bytes,
  binary: bytes,
  varbinary: bytes,
  'java.nclob': text,
  'java.binary': bytes,
  'java.varbinary': bytes,
  longvarbinary: bytes,
  image: bytes,
  uuid: fixed('UUID', 'uuid'),
  uniqueidentifier: fixed('UUID', 'uuid'),
  xml: fixed('XML', 'text'),
  xmltype: fixed('XML', 'text'),
  date: unsized('date', 'date'),
  time: {
    kind: 'date',
    sql: (parameters, rest) => `time${parameters} ${/^with\s/i.test(rest) ? 'WITH' : 'WITHOUT'} TIME ZONE`,
  },
  timetz: { kind: 'date', sql: (parameters) => `time${parameters} WITH TIME ZONE` },
  timestamp,
  timestamptz: zoned,
  timestamp_with_timezone: zoned,
  datetime: dateTime,
  datetime2: dateTime,
  smalldatetime: dateTime,
}
