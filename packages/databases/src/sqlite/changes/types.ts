import { charType, fixed, integerTypes, mapType, parameterized, sized, suffix } from '../../changes/types.ts'
import type { ColumnType, TypeRule, TypeRules } from '../../changes/types.ts'

/** The type that an abstract type of a changelog becomes on SQLite, worded as Liquibase 4.28 words it. */
export function toSqliteType(written: string): ColumnType {
  return mapType(written, rules)
}

const counts = { canCount: true }
const integer = fixed('INTEGER', 'number', counts)
const bigint: TypeRule = {
  kind: 'number',
  canCount: true,
  sql: (parameters, rest) => `BIGINT${parameters}${suffix(rest.toUpperCase())}`,
}
const smallint = sized('SMALLINT', 'number', counts)
const decimal = sized('DECIMAL', 'number', counts)
const number = sized('NUMBER', 'number', counts)
const real = fixed('REAL', 'number')
const varchar = sized('VARCHAR', 'text')
const nvarchar = sized('NVARCHAR', 'text')
const text = fixed('TEXT', 'text')
const blob = parameterized('BLOB', 'other')
const time = fixed('time', 'date')
/** Dates with times are text, in ISO form. */
const dateTime = fixed('TEXT', 'date')

const rules: TypeRules = {
  ...integerTypes(integer, bigint, smallint),
  tinyint: sized('TINYINT', 'number', counts),
  mediumint: sized('MEDIUMINT', 'number', counts),
  number,
  numeric: number,
  decimal,
  currency: real,
  money: real,
  smallmoney: real,
  double: sized('DOUBLE', 'number'),
  float: sized('FLOAT', 'number'),
  real: fixed('FLOAT', 'number'),
  'java.real': fixed('FLOAT', 'number'),
  float4: sized('FLOAT4', 'number', counts),
  float8: sized('FLOAT8', 'number', counts),
  boolean: parameterized('BOOLEAN', 'boolean'),
  bool: parameterized('BOOLEAN', 'boolean'),
  bit: {
    kind: 'boolean',
    sql: (parameters, rest) => (/^varying/i.test(rest) ? `BIT ${rest.toUpperCase()}${parameters}` : `BOOLEAN${parameters}`),
  },
  char: charType,
  nchar: sized('NCHAR', 'text'),
  varchar,
  varchar2: varchar,
  nvarchar,
  nvarchar2: nvarchar,
  text,
  clob: text,
  nclob: text,
  longtext: text,
  mediumtext: text,
  tinytext: text,
  longvarchar: text,
  longnvarchar: text,
  ntext: text,
  blob,
  longblob: blob,
  mediumblob: blob,
  tinyblob: blob,
  binary: blob,
  varbinary: blob,
  'java.nclob': text,
  'java.binary': blob,
  'java.varbinary': blob,
  longvarbinary: blob,
  image: blob,
  uuid: fixed('TEXT', 'uuid'),
  uniqueidentifier: fixed('TEXT', 'uuid'),
  xml: text,
  xmltype: text,
  date: fixed('date', 'date'),
  time,
  timetz: time,
  timestamp: dateTime,
  timestamptz: dateTime,
  timestamp_with_timezone: dateTime,
  datetime: dateTime,
  datetime2: dateTime,
  smalldatetime: dateTime,
}
