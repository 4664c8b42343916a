import { charType, fixed, integerTypes, mapType, parameterized, sized, suffix, unsized } from '../../changes/types.ts'
import type { ColumnType, TypeRule, TypeRules } from '../../changes/types.ts'

/** The type that an abstract type of a changelog becomes on MySQL, worded as Liquibase 4.28 words it. */
export function toMysqlType(written: string): ColumnType {
  return mapType(written, mysqlRules)
}

/** The same on MariaDB, which has a UUID type, and whose booleans show their width. */
export function toMariadbType(written: string): ColumnType {
  return mapType(written, mariadbRules)
}

const counts = { canCount: true }
const int = unsized('INT', 'number', counts)
const bigint: TypeRule = { kind: 'number', canCount: true, sql: (_, rest) => `BIGINT${suffix(rest.toUpperCase())}` }
const smallint = unsized('SMALLINT', 'number', counts)
const decimal = sized('DECIMAL', 'number', counts)
const numeric = sized('numeric', 'number', counts)
const varchar = sized('VARCHAR', 'text')
const nvarchar = sized('NVARCHAR', 'text')
const longText = fixed('LONGTEXT', 'text')
const longBlob = fixed('LONGBLOB', 'other')
const dateTime: TypeRule = { kind: 'date', sql: (parameters) => `datetime${clamped(parameters)}` }
/** Zones are no part of the type: its values are UTC inside. */
const timestamp: TypeRule = {
  kind: 'date',
  sql: (parameters, rest) => `timestamp${parameters}${/^with(out)?\s/i.test(rest) ? '' : suffix(rest)}`,
  problem: (parameters) => (Number(parameters.slice(1, -1)) > 6 ? 'it keeps at most 6 digits of a second.' : undefined),
}

/** Seconds have at most six digits. */
function clamped(parameters: string): string {
  return Number(parameters.slice(1, -1)) > 6 ? '(6)' : parameters
}

const shared: TypeRules = {
  ...integerTypes(int, bigint, smallint),
  tinyint: sized('TINYINT', 'number', counts),
  mediumint: unsized('MEDIUMINT', 'number', counts),
  number: numeric,
  numeric,
  decimal,
  currency: sized('DECIMAL', 'number'),
  money: sized('DECIMAL', 'number'),
  smallmoney: sized('DECIMAL', 'number'),
  double: { kind: 'number', sql: (parameters, rest) => `DOUBLE${parameters}${suffix(rest.toUpperCase())}` },
  float: sized('FLOAT', 'number'),
  real: sized('REAL', 'number'),
  'java.real': sized('FLOAT', 'number'),
  float4: sized('FLOAT4', 'number', counts),
  float8: sized('FLOAT8', 'number', counts),
  bit: {
    kind: 'boolean',
    sql: (parameters, rest) =>
      /^varying/i.test(rest) ? `BIT ${rest.toUpperCase()}${parameters}` : `BIT${parameters}${suffix(rest)}`,
  },
  char: charType,
  nchar: sized('NCHAR', 'text'),
  varchar,
  varchar2: varchar,
  nvarchar,
  nvarchar2: nvarchar,
  text: fixed('TEXT', 'text'),
  clob: longText,
  nclob: fixed('LONGTEXT CHARACTER SET utf8', 'text'),
  longtext: longText,
  mediumtext: fixed('MEDIUMTEXT', 'text'),
  tinytext: fixed('TINYTEXT', 'text'),
  longvarchar: longText,
  longnvarchar: longText,
  ntext: longText,
  blob: fixed('BLOB', 'other'),
  longblob: longBlob,
  mediumblob: fixed('MEDIUMBLOB', 'other'),
  tinyblob: fixed('TINYBLOB', 'other'),
  binary: parameterized('BINARY', 'other'),
  varbinary: parameterized('VARBINARY', 'other'),
  'java.nclob': longText,
  'java.binary': longBlob,
  'java.varbinary': longBlob,
  longvarbinary: longBlob,
  image: longBlob,
  xml: longText,
  xmltype: longText,
  date: unsized('date', 'date'),
  time: fixed('time', 'date'),
  timetz: fixed('time', 'date'),
  timestamp,
  timestamptz: { ...timestamp, sql: (parameters) => `timestamp${parameters}` },
  timestamp_with_timezone: fixed('timestamp', 'date'),
  datetime: dateTime,
  datetime2: dateTime,
  smalldatetime: dateTime,
}

const mysqlRules: TypeRules = {
  ...shared,
  boolean: fixed('TINYINT', 'boolean'),
  bool: fixed('TINYINT', 'boolean'),
  uuid: fixed('char(36)', 'uuid'),
  uniqueidentifier: fixed('char(36)', 'uuid'),
}

const mariadbRules: TypeRules = {
  ...shared,
  boolean: fixed('TINYINT(1)', 'boolean'),
  bool: fixed('TINYINT(1)', 'boolean'),
  uuid: fixed('UUID', 'uuid'),
  uniqueidentifier: fixed('UUID', 'uuid'),
}
