import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openDatabase } from '@sluice/databases'
import { openTestDatabase } from '@sluice/testkit'
import { openSession } from '../testing/test-products.ts'
import { planCreation } from './plan-creation.ts'
import { planData } from './plan-data.ts'
import { planMigration } from './plan-migration.ts'
import { renderDiff } from './snapshot-text.ts'
import { parseSnapshot, serializeSnapshot } from './document.ts'
import { diffSnapshots } from './diff.ts'
import { objectTypes } from './model.ts'
import { openCatalogueOf, snapshotDatabase } from './take-snapshot.ts'
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
ALTER EVENT TRIGGER watch_ddl DISABLE;
GRANT USAGE ON FOREIGN SERVER "Ware house" TO ${role};
GRANT SELECT ON public.far_items TO ${role};
CREATE USER MAPPING FOR ${role} SERVER "Ware house" OPTIONS (user 'app');
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, update');
CREATE PUBLICATION "some; of it" FOR TABLE public.parent (id, a), TABLE public.measure WHERE (value > 5) WITH (publish_via_partition_root = true);
CREATE PUBLICATION of_schema FOR TABLE public.child, TABLES IN SCHEMA "Second one";
CREATE PUBLICATION nothing_yet;
COMMENT ON PUBLICATION everything IS 'All';`)
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
  assert.deepEqual(
    objectTypes.filter((type) => !types.has(type)),
    ['event'],
  )
  const { snapshot: stored, diagnostics } = parseSnapshot(serializeSnapshot(snapshot), 'stored.json')
  assert.deepEqual(diagnostics, [])
  assert.ok(stored)
  assert.equal(diffSnapshots(stored, snapshot).isEmpty, true)
  assert.equal(serializeSnapshot(stored), serializeSnapshot(snapshot))
})

test('what cannot be carried is named: secrets, subscriptions, what only C code says', async (t) => {
  const source = await openSession(t, (await openTestDatabase(t)).url)
  await source.execute(`
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db1');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'reader', password 'hunter2', sslpassword 'hunter2');
CREATE FOREIGN DATA WRAPPER dummy;
CREATE SERVER other FOREIGN DATA WRAPPER dummy OPTIONS (aws_secret_access_key 'hunter2', region 'eu');
CREATE OPERATOR ==> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = <==);
CREATE TEXT SEARCH PARSER words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE plain (LEXIZE = dsimple_lexize);
CREATE TRUSTED LANGUAGE plother HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD slow TYPE TABLE HANDLER heap_tableam_handler;
CREATE TYPE opaque;`)
  // Only within a transaction, which the snapshot ends: a database with a subscription cannot be dropped.
  await source.script([
    'BEGIN ISOLATION LEVEL REPEATABLE READ',
    "CREATE SUBSCRIPTION incoming CONNECTION 'host=nowhere password=hunter2' PUBLICATION p WITH (connect = false, slot_name = NONE, enabled = false)",
  ])
  const snapshot = await snapshotDatabase({ database: source, options: { allSchemas: true } })
  assert.equal(source.transactionState, 'idle')
  assert.ok(!JSON.stringify(snapshot).includes('hunter2'))
  assert.deepEqual(
    snapshot.uncarried.map(({ type, name }) => `${type} ${name}`),
    [
      'access method slow',
      'foreign data wrapper dummy',
      'language plother',
      'operator without a function <==',
      'option "aws_secret_access_key", a secret, of foreign server other',
      'option "password", a secret, of user mapping PUBLIC on far',
      'option "sslpassword", a secret, of user mapping PUBLIC on far',
      'subscription incoming',
      'text search parser words',
      'text search template plain',
      'unfinished type opaque',
    ],
  )
  const warning = planCreation(snapshot).diagnostics.find(({ message }) => message.includes('user mapping'))
  assert.deepEqual(
    [warning?.severity, warning?.code, warning?.message],
    [
      'warning',
      'SNAPSHOT_NOT_CARRIED',
      'The option "password", a secret, of "user mapping PUBLIC on far" is not carried by snapshots.',
    ],
  )
})

test('owners are carried where that is asked for, and only then', async (t) => {
  const source = await openSession(t, (await openTestDatabase(t)).url)
  const role = `sluice_${randomBytes(6).toString('hex')}`
  const target = await openSession(t, (await openTestDatabase(t)).url)
  const empty = await openSession(t, (await openTestDatabase(t)).url)
  await source.execute(`CREATE ROLE ${role}`)
  t.after(async () => {
    const home = await openTestDatabase()
    const keeper = await openDatabase({ url: home.url })
    await keeper.execute(`DROP ROLE ${role}`)
    await keeper.close()
    await home.drop()
  })
  for (const script of Object.values(postgresObjects)) await source.execute(script)
  await source.execute(`
CREATE SCHEMA second;
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch_ddl ON ddl_command_end EXECUTE FUNCTION public.on_ddl();
CREATE PUBLICATION nothing_yet;
GRANT SELECT ON public.notes TO ${role};`)
  const owner = (await source.query('SELECT quote_ident(current_user)')).rows[0]?.[0]
  const options = { allSchemas: true, owners: true }
  const before = await snapshotDatabase({ database: source, options })
  assert.ok(before.objects.some(({ properties }) => properties['owner'] === owner))
  await applyWritten(target, planCreation(before))
  // Everything changes hands, and a changelog of that difference does the same to the other database.
  for (const { create, properties } of before.objects) {
    const last = create.filter((statement) => / OWNER TO /.test(statement)).at(-1)
    if (last === undefined || properties['owner'] === undefined || last.includes('EVENT TRIGGER')) continue
    await source.execute(`${last.slice(0, last.lastIndexOf(' OWNER TO '))} OWNER TO ${role}`)
  }
  await source.execute(`REVOKE TRUNCATE ON public.notes FROM ${role}`)
  const after = await snapshotDatabase({ database: source, options })
  const current = await snapshotDatabase({ database: target, options })
  const diff = diffSnapshots(after, current)
  assert.ok(diff.changed.some(({ differences }) => differences.some(({ property }) => property === 'owner')))
  const catalogue = await openCatalogueOf(target)
  await applyWritten(target, planMigration({ reference: after, target: current, diff, catalogue }))
  assert.equal(
    renderDiff(diffSnapshots(after, await snapshotDatabase({ database: target, options }))),
    'There are no differences.',
  )
  await assertRoundTrip(source, empty, options)
  const plain = await snapshotDatabase({ database: source, options: { allSchemas: true } })
  assert.ok(!plain.objects.some(({ create }) => create.some((statement) => statement.includes(' OWNER TO '))))
  assert.deepEqual(
    diffSnapshots(plain, after).changed.filter(({ reference }) => reference.type !== 'grant'),
    [],
  )
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
