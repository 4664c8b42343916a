import type { Mutation } from './migration-check.ts'

/** What stands around tables: servers of other databases, text search, publications, casts, operators. */
export const postgresOuterBase = `
CREATE EXTENSION postgres_fdw;
CREATE TABLE p1 (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE p2 (id integer PRIMARY KEY);
CREATE SERVER far VERSION '1' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'a.example', port '5432');
COMMENT ON SERVER far IS 'Far';
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'bob');
CREATE FOREIGN TABLE items (id integer OPTIONS (column_name 'ident') NOT NULL, name text) SERVER far OPTIONS (schema_name 's', table_name 't');
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, STOPWORDS = 'english');
CREATE TEXT SEARCH CONFIGURATION words (COPY = english);
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH plain, english_stem;
CREATE PUBLICATION news FOR TABLE p1 (id, a) WHERE (a > 1), p2 WITH (publish = 'insert, update');
CREATE FUNCTION near(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2 BETWEEN -1 AND 1';
CREATE OPERATOR ~~~ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = near);
CREATE TYPE pair AS (a integer, b integer);
CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a::text';
CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS ASSIGNMENT;
CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer);`

const changed = (what: string, sql: string): Mutation => ({ sql, expected: `changed ${what}` })

/** Each is one difference, which a changelog takes back. */
export const postgresOuterMutations: readonly Mutation[] = [
  changed('foreignServer far: options', `ALTER SERVER far OPTIONS (SET host 'b.example')`),
  changed('foreignServer far: options', 'ALTER SERVER far OPTIONS (DROP host)'),
  changed('foreignServer far: options', `ALTER SERVER far OPTIONS (ADD fetch_size '7')`),
  changed('foreignServer far: version', `ALTER SERVER far VERSION '2'`),
  changed('foreignServer far: comment', 'COMMENT ON SERVER far IS NULL'),
  changed('userMapping "PUBLIC on far": options', `ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (SET user 'eve')`),
  changed('userMapping "PUBLIC on far": options', 'ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (DROP user)'),
  changed('foreignTable public.items: foreignOptions', `ALTER FOREIGN TABLE items OPTIONS (SET table_name 'u')`),
  changed('foreignTable public.items: foreignOptions', 'ALTER FOREIGN TABLE items OPTIONS (DROP schema_name)'),
  changed('foreignTable public.items: columnOptions', `ALTER FOREIGN TABLE items ALTER id OPTIONS (SET column_name 'x')`),
  changed('foreignTable public.items: columnOptions', 'ALTER FOREIGN TABLE items ALTER id OPTIONS (DROP column_name)'),
  changed('column public.items.name: dataType', 'ALTER FOREIGN TABLE items ALTER name TYPE varchar(5)'),
  changed('column public.items.name: isNotNull', 'ALTER FOREIGN TABLE items ALTER name SET NOT NULL'),
  { sql: 'ALTER FOREIGN TABLE items ADD c date', expected: 'unexpected column public.items.c' },
  changed('textSearchDictionary public.plain: options', `ALTER TEXT SEARCH DICTIONARY plain (STOPWORDS = 'german')`),
  changed(
    'textSearchConfiguration public.words: mappings',
    'ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH english_stem, plain',
  ),
  changed('textSearchConfiguration public.words: mappings', 'ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR email'),
  changed(
    'textSearchConfiguration public.words: mappings',
    'ALTER TEXT SEARCH CONFIGURATION words ADD MAPPING FOR tag WITH simple',
  ),
  changed('publication news: options', `ALTER PUBLICATION news SET (publish = 'insert')`),
  changed('publication news: options', 'ALTER PUBLICATION news SET (publish_via_partition_root = true)'),
  changed('publication news: published', 'ALTER PUBLICATION news DROP TABLE p2'),
  changed('publication news: published', 'ALTER PUBLICATION news SET TABLE p1 (id) WHERE (a > 1), p2'),
  changed('publication news: published', 'ALTER PUBLICATION news SET TABLE p1 (id, a) WHERE (a > 2), p2'),
  changed('publication news: comment', `COMMENT ON PUBLICATION news IS 'x'`),
  changed('operator public."~~~(integer, integer)": options', 'ALTER OPERATOR ~~~ (integer, integer) SET (RESTRICT = eqsel)'),
  changed(
    'cast "public.pair to text": definition',
    'DROP CAST (pair AS text); CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS IMPLICIT',
  ),
  changed(
    'aggregate public."total(integer)": definition',
    `DROP AGGREGATE total (integer); CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')`,
  ),
  changed('table public.p1: rowSecurity', 'ALTER TABLE p1 FORCE ROW LEVEL SECURITY'),
]
