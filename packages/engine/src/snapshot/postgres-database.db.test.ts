import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openDatabase } from '@sluice/databases'
import { openTestDatabase } from '@sluice/testkit'
import { openSession } from '../testing/test-products.ts'
import { planData } from './plan-data.ts'
import { parseSnapshot, serializeSnapshot } from './document.ts'
import { diffSnapshots } from './diff.ts'
import { snapshotDatabase } from './take-snapshot.ts'
import { postgresObjects } from './testing/postgres-objects.ts'
import { applyWritten, assertRoundTrip } from './testing/round-trip.ts'

test('a whole PostgreSQL database survives with all its schemas, grants, default privileges and event triggers', async (t) => {
  const source = await openSession(t, (await openTestDatabase(t)).url)
  const role = `sluice_${randomBytes(6).toString('hex')}`
  await source.execute(`CREATE ROLE ${role}`)
  for (const script of Object.values(postgresObjects)) await source.execute(script)
  await source.execute(`
CREATE SCHEMA "Second one"; COMMENT ON SCHEMA "Second one" IS 'Two';
CREATE TABLE "Second one".t (id integer PRIMARY KEY REFERENCES public.parent, m public.mood, n public.positive[]);
CREATE VIEW public.across AS SELECT t.id, p.code FROM "Second one".t JOIN public.parent p USING (id);
GRANT USAGE ON SCHEMA "Second one" TO ${role};
GRANT SELECT, INSERT ON "Second one".t TO ${role};
GRANT UPDATE (m) ON "Second one".t TO ${role} WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE public.plain TO ${role};
GRANT SELECT ON public.across TO PUBLIC;
REVOKE EXECUTE ON FUNCTION public.add(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.add(integer, integer) TO ${role};
REVOKE DELETE ON public.notes FROM CURRENT_USER;
ALTER DEFAULT PRIVILEGES IN SCHEMA "Second one" GRANT SELECT ON TABLES TO ${role};
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION public.on_ddl();
ALTER EVENT TRIGGER watch_ddl DISABLE;`)
  const empty = await openSession(t, (await openTestDatabase(t)).url)
  // Roles are the server's: this one goes when the databases that know it are gone.
  t.after(async () => {
    const home = await openTestDatabase()
    const keeper = await openDatabase({ url: home.url })
    await keeper.execute(`DROP ROLE ${role}`)
    await keeper.close()
    await home.drop()
  })
  const snapshot = await assertRoundTrip(source, empty, { allSchemas: true })
  const types = new Set(snapshot.objects.map(({ type }) => type))
  assert.equal(types.size, 28)
  const { snapshot: stored, diagnostics } = parseSnapshot(serializeSnapshot(snapshot), 'stored.json')
  assert.deepEqual(diagnostics, [])
  assert.ok(stored)
  assert.equal(diffSnapshots(stored, snapshot).isEmpty, true)
  assert.equal(serializeSnapshot(stored), serializeSnapshot(snapshot))
})

test('rows become INSERT statements in the order of foreign keys, and sequences go on after them', async (t) => {
  const source = await openSession(t, (await openTestDatabase(t)).url)
  await source.execute(`CREATE TABLE z_parent (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, raw bytea, at timestamptz, tags text[]);
CREATE TABLE a_child (id serial PRIMARY KEY, parent_id integer REFERENCES z_parent, twice integer GENERATED ALWAYS AS (parent_id * 2) STORED);
INSERT INTO z_parent (name, raw, at, tags) SELECT CASE WHEN n % 7 = 0 THEN NULL ELSE 'it''s; \\ ' || n END, '\\x00ff', '2024-01-02 03:04:05+00', ARRAY['a,b', NULL] FROM generate_series(1, 250) n;
INSERT INTO a_child (parent_id) SELECT id FROM z_parent;`)
  const empty = await openSession(t, (await openTestDatabase(t)).url)
  const snapshot = await assertRoundTrip(source, empty)
  await applyWritten(empty, await planData({ database: source, snapshot }))
  for (const table of ['z_parent', 'a_child']) {
    const sql = `SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM ${table} t`
    assert.deepEqual((await empty.query(sql)).rows, (await source.query(sql)).rows)
  }
  await empty.execute('INSERT INTO a_child (parent_id) VALUES (1); INSERT INTO z_parent (name) VALUES (1)')
  await assert.rejects(planData({ database: source, snapshot, rowsMax: 249 }), { code: 'SNAPSHOT_DATA_TOO_LARGE' })
})

test('the time of a snapshot grows with the number of tables and not faster', async (t) => {
  const database = await openSession(t, (await openTestDatabase(t)).url)
  let queries = 0
  const query = database.query.bind(database)
  database.query = (sql, values) => {
    queries++
    return query(sql, values)
  }
  const make = (from: number, to: number): Promise<unknown> =>
    database.execute(`DO $$ BEGIN FOR i IN ${String(from)} .. ${String(to)} LOOP
  EXECUTE format('CREATE TABLE t%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text NOT NULL DEFAULT ''x'', b numeric CHECK (b > 0), UNIQUE (a, b))', i);
  EXECUTE format('CREATE INDEX ON t%s (b)', i); END LOOP; END $$`)
  const measure = async (): Promise<{ readonly ms: number; readonly queries: number; readonly objects: number }> => {
    let best = Infinity
    let count = 0
    for (let round = 0; round < 2; round++) {
      queries = 0
      const before = process.cpuUsage()
      count = (await snapshotDatabase({ database })).objects.length
      const { user, system } = process.cpuUsage(before)
      best = Math.min(best, (user + system) / 1000)
    }
    return { ms: best, queries, objects: count }
  }
  await make(1, 50)
  await database.execute('ANALYZE')
  const small = await measure()
  await make(51, 200)
  await database.execute('ANALYZE')
  const large = await measure()
  assert.equal(large.objects, small.objects * 4)
  assert.equal(large.queries, small.queries)
  assert.ok(large.ms < small.ms * 8, `${String(small.ms)} ms of CPU for 50 tables, ${String(large.ms)} ms for 200`)
})
