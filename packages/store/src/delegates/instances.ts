import type { DelegateFit } from '../queue/fit.ts'
import type { Queryable } from '../queryable.ts'

/** A running replica with what its delegate says: what every call of it is checked against. */
export interface ConnectedInstance extends DelegateFit {
  readonly instanceId: string
  readonly delegateId: string
  readonly delegateName: string
  readonly authPublicKey: string
  readonly bootId: string | null
  readonly revoked: boolean
  /** An administrator drains the delegate. */
  readonly drain: boolean
  /** Since its last sign of life; undefined before the first. */
  readonly quietMs: number | null
}

const columns = `
  i.id as "instanceId", i.delegate_id as "delegateId", d.name as "delegateName", i.auth_public_key as "authPublicKey",
  i.boot_id as "bootId", d.revoked, d.draining as drain, d.org, d.project, d.tags, d.approved, d.key_id as "keyId", i.executors,
  extract(epoch from (now() - i.last_seen_at))::double precision * 1000 as "quietMs"`

/** Reads an instance with its delegate; undefined when it is not enrolled (any more). */
export async function readInstance(connection: Queryable, instanceId: string): Promise<ConnectedInstance | undefined> {
  const [instance] = await readInstances(connection, [instanceId])
  return instance
}

/** Reads several instances; one answer per id, undefined for one that is not enrolled (any more). */
export async function readInstances(
  connection: Queryable,
  instanceIds: readonly string[],
): Promise<(ConnectedInstance | undefined)[]> {
  const { rows } = await connection.query<ConnectedInstance & Record<string, unknown>>({
    name: 'read-instances',
    text: `select ${columns} from delegate_instances i join delegates d on d.id = i.delegate_id where i.id = any ($1::text[])`,
    values: [instanceIds],
  })
  const found = new Map(rows.map((row) => [row.instanceId, row]))
  return instanceIds.map((instanceId) => found.get(instanceId))
}

/** What an instance says about itself with a sign of life. */
export interface SeenInstance {
  readonly instanceId: string
  readonly bootId: string
  readonly free: number
  readonly draining: boolean
  readonly version?: string | undefined
  readonly executors?: readonly string[] | undefined
}

/** Keeps what instances say about themselves. Rows are locked in one order, so that two servers do not wait for each other. */
export async function touchInstances(connection: Queryable, seen: readonly SeenInstance[]): Promise<void> {
  // Of what one instance says twice, the later word counts.
  const latest = [...new Map(seen.map((one) => [one.instanceId, one])).values()]
  await connection.query({
    name: 'touch-instances',
    text: `
      with seen as (
        select * from unnest($1::text[], $2::text[], $3::integer[], $4::boolean[], $5::text[], $6::text[])
          as seen (id, boot_id, free, draining, version, executors)
      ), locked as (
        select i.id from delegate_instances i where i.id = any ($1::text[]) order by i.id for no key update
      )
      update delegate_instances i set last_seen_at = now(), boot_id = seen.boot_id, free = seen.free, draining = seen.draining,
        version = coalesce(seen.version, i.version), executors = coalesce(string_to_array(seen.executors, ','), i.executors),
        deregistered = false
      from seen join locked using (id) where i.id = seen.id`,
    values: [
      latest.map(({ instanceId }) => instanceId),
      latest.map(({ bootId }) => bootId),
      latest.map(({ free }) => free),
      latest.map(({ draining }) => draining),
      latest.map(({ version }) => version ?? null),
      latest.map(({ executors }) => executors?.join() ?? null),
    ],
  })
}

/** Keeps the versions that an instance named when it took its access token. */
export async function storeInstanceVersion(
  connection: Queryable,
  instanceId: string,
  input: { readonly version: string; readonly protocol: number },
): Promise<void> {
  await connection.query({
    name: 'store-instance-version',
    text: `
      with instance as (
        update delegate_instances set version = $2, protocol = $3, last_seen_at = coalesce(last_seen_at, now()) where id = $1
        returning delegate_id
      )
      update delegates set version = $2 from instance where delegates.id = instance.delegate_id and delegates.version <> $2`,
    values: [instanceId, input.version, input.protocol],
  })
}

/** An instance says good-bye. Another boot of it that has come up meanwhile stays. */
export async function deregisterInstance(connection: Queryable, instanceId: string, bootId: string): Promise<void> {
  await connection.query({
    name: 'deregister-instance',
    text: `
      update delegate_instances set deregistered = true, free = 0 where id = $1 and (boot_id is null or boot_id = $2)`,
    values: [instanceId, bootId],
  })
}

/** A delegate with one of its instances, as the selection trace looks at them. */
export interface SelectionCandidate extends DelegateFit {
  readonly delegateId: string
  readonly delegateName: string
  readonly revoked: boolean
  readonly draining: boolean
  /** Null for a delegate without any instance. */
  readonly instanceId: string | null
  readonly instanceName: string | null
  readonly instanceDraining: boolean | null
  readonly deregistered: boolean | null
  readonly protocol: number | null
  readonly free: number | null
  readonly quietMs: number | null
  readonly activeAttempts: number
}

/** All delegates with all their instances, at most 2,000 rows. */
export async function listSelectionCandidates(connection: Queryable): Promise<SelectionCandidate[]> {
  const { rows } = await connection.query<SelectionCandidate & Record<string, unknown>>({
    name: 'list-selection-candidates',
    text: `
      select d.id as "delegateId", d.name as "delegateName", d.org, d.project, d.tags, d.approved, d.key_id as "keyId", d.revoked,
        coalesce(i.executors, '{}') as executors,
        d.draining, i.id as "instanceId", i.name as "instanceName", i.draining as "instanceDraining", i.deregistered, i.protocol, i.free,
        extract(epoch from (now() - i.last_seen_at))::double precision * 1000 as "quietMs",
        (select count(*) from attempts a where a.delegate_instance_id = i.id and a.state not in ('completed', 'ended')) as "activeAttempts"
      from delegates d left join delegate_instances i on i.delegate_id = d.id
      order by d.name, d.id, i.id limit 2000`,
  })
  return rows
}
