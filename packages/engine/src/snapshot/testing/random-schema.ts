import fc from 'fast-check'

/** What differs between the products as far as random schemas go. */
interface Vocabulary {
  readonly quote: (name: string) => string
  readonly types: readonly (readonly [type: string, byDefault: string])[]
  readonly key: string
  /** Types of columns that can be indexed and compared without a word about lengths. */
  readonly indexable: number
  readonly indexForms: readonly ((columns: readonly string[]) => string)[]
  readonly prelude: readonly string[]
  readonly checkOf: (column: string) => string
  /** What else can hang on a table, given its name, its first column's, and a number for names. */
  readonly extras: readonly ((table: string, column: string, number: number) => readonly string[])[]
}

const doubleQuoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const vocabularies: Readonly<Record<'postgresql' | 'mariadb' | 'sqlite', Vocabulary>> = {
  postgresql: {
    quote: doubleQuoted,
    types: [
      ['integer', '7'],
      ['character varying(30)', `'it''s; $$ \\x'`],
      ['numeric(12,3)', '1.5'],
      ['timestamp with time zone', 'now()'],
      ['mood', `'happy'`],
      ['positive', '3'],
      ['boolean', 'true'],
      ['text[]', `'{a,"b;c"}'`],
      ['jsonb', `'{"a": 1}'`],
      ['pair', `ROW(1, 'x')::pair`],
    ],
    key: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    indexable: 8,
    indexForms: [
      (columns) => `(${columns.join(', ')})`,
      (columns) => `(${columns[0] ?? ''} DESC NULLS LAST)`,
      (columns) => `((${columns[0] ?? ''} IS NULL)) WHERE ${columns[0] ?? ''} IS NOT NULL`,
      (columns) => `(${columns[0] ?? ''}) INCLUDE (${columns.at(-1) ?? ''})`,
    ],
    prelude: [
      `CREATE TYPE mood AS ENUM ('sad', 'happy')`,
      'CREATE DOMAIN positive AS integer CHECK (VALUE > 0)',
      'CREATE TYPE pair AS (a integer, b text)',
    ],
    checkOf: (column) => `${column} IS NOT NULL OR ${column} IS NULL`,
    extras: [
      (table, column, number) => [`CREATE STATISTICS "stats ${String(number)}" (dependencies) ON pk, ${column} FROM ${table}`],
      (table, _, number) => [`CREATE RULE "rule;${String(number)}" AS ON DELETE TO ${table} WHERE OLD.pk < 0 DO INSTEAD NOTHING`],
      // Qualified: a table named "name" is not the type of that name.
      (table, _, number) => [
        `CREATE FUNCTION "same ${String(number)}"(public.${table}, public.${table}) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.pk = $2.pk'`,
        `CREATE OPERATOR ==% (LEFTARG = public.${table}, RIGHTARG = public.${table}, FUNCTION = "same ${String(number)}", COMMUTATOR = ==%)`,
        `CREATE INDEX ON ${table} ((pk % 3))`,
      ],
      (table, _, number) => [
        `CREATE FUNCTION "key ${String(number)}"(public.${table}) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1.pk'`,
        `CREATE CAST (public.${table} AS bigint) WITH FUNCTION "key ${String(number)}"(public.${table}) AS ASSIGNMENT`,
      ],
      (table, _, number) => [
        `CREATE TEXT SEARCH CONFIGURATION "search ${String(number)}" (COPY = pg_catalog.english)`,
        `CREATE INDEX ON ${table} USING gin (to_tsvector('"search ${String(number)}"', pk::text))`,
      ],
    ],
  },
  mariadb: {
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    types: [
      ['int(11)', '7'],
      ['varchar(30)', `'it''s; $$ \\\\x'`],
      ['decimal(12,3) unsigned', '1.5'],
      ['datetime(3)', 'current_timestamp(3)'],
      ["enum('sad','ha;ppy')", `'sad'`],
      ['date', `'2024-01-02'`],
      ['varchar(20) CHARACTER SET latin1', 'NULL'],
      ['text', `'x'`],
      ['blob', 'NULL'],
    ],
    key: 'int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY',
    indexable: 7,
    indexForms: [(columns) => `(${columns.join(', ')})`, (columns) => `(${columns[0] ?? ''} DESC)`],
    prelude: ['CREATE SEQUENCE counter START WITH 3', 'CREATE FUNCTION doubled(x int) RETURNS int DETERMINISTIC RETURN x * 2'],
    checkOf: (column) => `${column} IS NOT NULL OR ${column} IS NULL`,
    extras: [
      (table, _, number) => [
        `CREATE TRIGGER \`trig;${String(number)}\` BEFORE INSERT ON ${table} FOR EACH ROW SET @seen = 'a;b'`,
      ],
      (table, _, number) => [`ALTER TABLE ${table} ADD COLUMN \`unseen ${String(number)}\` int INVISIBLE DEFAULT 1`],
      (table, _, number) => [
        `ALTER TABLE ${table} ADD COLUMN \`twice ${String(number)}\` varchar(20) AS (concat('x;', 'y')) STORED`,
      ],
      (_, __, number) => [`CREATE PROCEDURE \`proc ${String(number)}\`() BEGIN SELECT 'a;b'; SELECT 2; END`],
    ],
  },
  sqlite: {
    quote: doubleQuoted,
    types: [
      ['INTEGER', '7'],
      ['VARCHAR(30) COLLATE NOCASE', `'it''s; -- x'`],
      ['NUMERIC(10, 2)', '(1 + 2)'],
      ['', 'NULL'],
      ['TIMESTAMP', 'CURRENT_TIMESTAMP'],
    ],
    key: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    indexable: 5,
    indexForms: [
      (columns) => `(${columns.join(', ')})`,
      (columns) => `(lower(${columns[0] ?? ''}) DESC) WHERE ${columns[0] ?? ''} IS NOT NULL`,
    ],
    prelude: [],
    checkOf: (column) => `${column} IS NOT NULL OR ${column} IS NULL`,
    extras: [
      (table, _, number) => [
        `CREATE TRIGGER "trig;${String(number)}" AFTER DELETE ON ${table} BEGIN SELECT 'a;b'; SELECT 2; END`,
      ],
      (table, _, number) => [`ALTER TABLE ${table} ADD COLUMN "virt ${String(number)}" AS (pk * 2) VIRTUAL`],
    ],
  },
}

const name = fc.constantFrom(
  'id2',
  'name',
  'select',
  'Mixed',
  'with blank',
  'semi;colon',
  "quo'te",
  'dou"ble',
  'ünïcode',
  'order',
  'a-b',
  'x1',
  'tick`y',
)

const column = fc.record({
  name,
  type: fc.nat(100),
  isNotNull: fc.boolean(),
  hasDefault: fc.boolean(),
  isUnique: fc.boolean(),
})

const table = fc.record({
  name,
  columns: fc.uniqueArray(column, { minLength: 1, maxLength: 6, selector: ({ name: of }) => of.toLowerCase() }),
  refersTo: fc.option(fc.nat(10)),
  index: fc.option(fc.nat(10)),
  hasCheck: fc.boolean(),
  hasView: fc.boolean(),
  extra: fc.option(fc.nat(20)),
})

/** Random schemas as lists of statements: tables that refer to each other, views on views, and names that need care. */
export function randomSchema(product: 'postgresql' | 'mariadb' | 'sqlite'): fc.Arbitrary<readonly string[]> {
  const tables = fc.uniqueArray(table, { minLength: 1, maxLength: 5, selector: ({ name: of }) => of.toLowerCase() })
  return tables.map((list) => {
    const words = vocabularies[product]
    const statements: string[] = [...words.prelude]
    let lastView: string | undefined
    const late: string[] = []
    for (const [number, { name: of, columns, refersTo, index, hasCheck, hasView, extra }] of list.entries()) {
      const quoted = words.quote(of)
      const other = refersTo === null ? undefined : list[refersTo % list.length]
      const lines = [
        `pk ${words.key}`,
        ...columns.map((one) => {
          const [type, byDefault] = words.types[one.type % words.types.length] ?? ['', '']
          const isUnique = one.isUnique && one.type % words.types.length < words.indexable
          return `${words.quote(one.name)} ${type}${one.isNotNull && byDefault !== 'NULL' ? ' NOT NULL' : ''}${one.hasDefault ? ` DEFAULT ${byDefault}` : ''}${isUnique ? ' UNIQUE' : ''}`
        }),
        ...(hasCheck
          ? [`CONSTRAINT ${words.quote(`check;${String(number)}`)} CHECK (${words.checkOf(words.quote(columns[0]?.name ?? ''))})`]
          : []),
      ]
      if (other !== undefined) {
        const key = `parent ${product === 'mariadb' ? 'int unsigned' : product === 'sqlite' ? 'INTEGER' : 'bigint'}`
        const reference = `REFERENCES ${words.quote(other.name)} (pk) ON DELETE CASCADE`
        lines.splice(1, 0, product === 'sqlite' ? `${key} ${reference}` : key)
        if (product !== 'sqlite') {
          late.push(
            `ALTER TABLE ${quoted} ADD CONSTRAINT ${words.quote(`to parent ${String(number)}`)} FOREIGN KEY (parent) ${reference}`,
          )
        }
      }
      statements.push(`CREATE TABLE ${quoted} (${lines.join(', ')})`)
      const indexed = columns
        .filter(({ type }) => type % words.types.length < words.indexable)
        .map((one) => words.quote(one.name))
      const form = words.indexForms[(index ?? 0) % words.indexForms.length]
      if (index !== null && indexed.length > 0 && form !== undefined) {
        statements.push(`CREATE INDEX ${words.quote(`index ${String(number)}`)} ON ${quoted} ${form(indexed.slice(0, 2))}`)
      }
      const more = extra === null ? undefined : words.extras[extra % words.extras.length]
      if (more !== undefined) statements.push(...more(quoted, words.quote(columns[0]?.name ?? ''), number))
      if (hasView) {
        // Later views stand on earlier ones, with names that sort the other way.
        const view = words.quote(`view ${String(9 - number)}`)
        late.push(
          `CREATE VIEW ${view} AS SELECT t.pk, ${words.quote(columns[0]?.name ?? '')} AS first FROM ${quoted} t${lastView === undefined ? '' : ` JOIN ${lastView} v ON v.pk = t.pk`}`,
        )
        lastView = view
      }
    }
    return [...statements, ...late]
  })
}
