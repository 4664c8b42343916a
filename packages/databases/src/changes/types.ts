/** A data type as a database gets it. */
export interface ColumnType {
  readonly sql: string
  /** `serial` and its kin count by themselves. */
  readonly autoIncrement: boolean
  /** Whether a column of it can count at all. */
  readonly canCount: boolean
  /** How values of it are written; `other` is a type that only the database knows. */
  readonly kind: TypeKind
  /** Why the database cannot have it; undefined when it can. */
  readonly problem?: string | undefined
}

export type TypeKind = 'boolean' | 'number' | 'date' | 'text' | 'uuid' | 'other'

/** The SQL of one type: from its parameters (`(10, 2)`, or empty) and what follows them (` unsigned`, or empty). */
export interface TypeRule {
  readonly kind: TypeKind
  readonly canCount?: boolean
  readonly autoIncrement?: boolean
  readonly sql: (parameters: string, rest: string) => string
  readonly problem?: (parameters: string) => string | undefined
}

export type TypeRules = Readonly<Record<string, TypeRule>>

interface ParsedType {
  readonly name: string
  readonly parameters: string
  readonly rest: string
  readonly brackets: string
}

/**
 * The type that a changelog's abstract type becomes, worded as Liquibase 4.28 words it. A type without rule is passed on in upper
 * case. Differences on purpose: the parameters of an array stay before its brackets, since `VARCHAR[](10)` is no type, and words
 * between a name and its parameters stay there (`CHAR varying(3)`).
 */
export function mapType(written: string, rules: TypeRules): ColumnType {
  const cached = mapped.get(rules)?.get(written)
  if (cached !== undefined) return cached
  const type = mapNewType(written, rules)
  const types = mapped.get(rules) ?? new Map<string, ColumnType>()
  mapped.set(rules, types)
  // Changelogs use few types; a generated one with very many must not fill the memory.
  if (types.size < 10_000) types.set(written, type)
  return type
}

const mapped = new WeakMap<TypeRules, Map<string, ColumnType>>()

function mapNewType(written: string, rules: TypeRules): ColumnType {
  const parsed = parseType(written)
  const rule = parsed.brackets === '' && Object.hasOwn(rules, parsed.name) ? rules[parsed.name] : undefined
  if (rule === undefined) {
    return { sql: unknownType(written, parsed), autoIncrement: false, canCount: true, kind: 'other' }
  }
  return {
    sql: rule.sql(parsed.parameters, parsed.rest),
    autoIncrement: rule.autoIncrement === true,
    canCount: rule.canCount === true,
    kind: rule.kind,
    problem: rule.problem?.(parsed.parameters),
  }
}

const sqlTypesPrefix = /^java\.sql\.Types\./i

function parseType(written: string): ParsedType {
  const isJava = sqlTypesPrefix.test(written.trim())
  const bare = written
    .trim()
    .replace(sqlTypesPrefix, '')
    .replace(/^character\s+varying/i, 'varchar')
    .replace(/^national\s+varchar/i, 'nvarchar')
    .replace(/^national\s+char(acter)?/i, 'nchar')
    .replace(/^character\b/i, 'char')
  const brackets = /(\[\d*\])+$/.exec(bare)?.[0] ?? ''
  const match = /^([^\s(]+)\s*(?:\(([^)]*)\))?\s*(.*)$/s.exec(bare.slice(0, bare.length - brackets.length))
  const parameters = (match?.[2] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const name = (match?.[1] ?? bare).toLowerCase()
  return {
    name: isJava && javaNames.has(name) ? `java.${name}` : name,
    parameters: parameters.length === 0 ? '' : `(${parameters.join(', ')})`,
    rest: match?.[3] ?? '',
    brackets,
  }
}

/** Java's names for types that mean something else than the same names in SQL. */
const javaNames = new Set(['real', 'varbinary', 'binary', 'nclob'])

function unknownType(written: string, { parameters, rest, brackets }: ParsedType): string {
  const bare = written.trim().replace(sqlTypesPrefix, '')
  if (/^["`]/.test(bare)) return bare
  const name = /^[^\s([]+/.exec(bare)?.[0].toUpperCase() ?? bare
  return `${name}${parameters}${suffix(name === 'INTERVAL' ? rest.toUpperCase() : rest)}${brackets}`
}

export function suffix(rest: string): string {
  return rest === '' ? '' : ` ${rest}`
}

/** A fixed name; parameters and what follows are dropped. */
export function fixed(sql: string, kind: TypeKind, more: Partial<TypeRule> = {}): TypeRule {
  return { ...more, kind, sql: () => sql }
}

/** A name with its parameters and what follows. */
export function sized(sql: string, kind: TypeKind, more: Partial<TypeRule> = {}): TypeRule {
  return { ...more, kind, sql: (parameters, rest) => `${sql}${parameters}${suffix(rest)}` }
}

/** A name with its parameters only. */
export function parameterized(sql: string, kind: TypeKind, more: Partial<TypeRule> = {}): TypeRule {
  return { ...more, kind, sql: (parameters) => `${sql}${parameters}` }
}

/** A name without its parameters, but with what follows. */
export function unsized(sql: string, kind: TypeKind, more: Partial<TypeRule> = {}): TypeRule {
  return { ...more, kind, sql: (_, rest) => `${sql}${suffix(rest)}` }
}

/** `char` as all products take it; `character varying` keeps its word. */
export const charType: TypeRule = {
  kind: 'text',
  sql: (parameters, rest) => (/^varying/i.test(rest) ? `CHAR ${rest}` : `CHAR${parameters}${suffix(rest)}`),
}

/** The names that whole numbers of three sizes go by; those named serial count by themselves. */
export function integerTypes(int: TypeRule, bigint: TypeRule, smallint: TypeRule): TypeRules {
  return {
    int,
    integer: int,
    int4: int,
    serial: { ...int, autoIncrement: true },
    serial4: { ...int, autoIncrement: true },
    bigint,
    int8: bigint,
    bigserial: { ...bigint, autoIncrement: true },
    serial8: { ...bigint, autoIncrement: true },
    smallint,
    int2: smallint,
    smallserial: { ...smallint, autoIncrement: true },
  }
}
