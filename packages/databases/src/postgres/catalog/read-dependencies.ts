import type { Dependency, Draft, Reading } from './reading.ts'

interface DependencyRow {
  readonly from: string
  readonly fromColumn: number
  readonly to: string
  readonly toColumn: number
  readonly kind: string
}

interface TypeRow {
  readonly oid: string
  readonly relation: string | null
  readonly element: string | null
  readonly range: string | null
}

const classes = (column: string): string =>
  `CASE ${column} ${[
    'pg_class',
    'pg_proc',
    'pg_type',
    'pg_constraint',
    'pg_rewrite',
    'pg_trigger',
    'pg_policy',
    'pg_attrdef',
    'pg_extension',
    'pg_collation',
    'pg_statistic_ext',
    'pg_event_trigger',
    'pg_operator',
    'pg_opclass',
    'pg_opfamily',
    'pg_amop',
    'pg_amproc',
    'pg_cast',
    'pg_conversion',
    'pg_ts_dict',
    'pg_ts_config',
    'pg_ts_template',
    'pg_ts_parser',
    'pg_foreign_data_wrapper',
    'pg_foreign_server',
    'pg_user_mapping',
    'pg_publication',
    'pg_publication_rel',
  ]
    .map((name) => `WHEN 'pg_catalog.${name}'::regclass THEN '${name}'`)
    .join(' ')} ELSE ${column}::text END`

/** Reads which object depends on which, and which belong to an extension. First of all: other parts ask what something uses. */
export async function readDependencies(reading: Reading): Promise<void> {
  // Objects of the system itself are never recorded as depended on.
  const rows =
    await reading.rows<DependencyRow>(`SELECT ${classes('d.classid')} || ':' || d.objid AS "from", d.objsubid AS "fromColumn",
  ${classes('d.refclassid')} || ':' || d.refobjid AS "to", d.refobjsubid AS "toColumn", d.deptype AS kind
  FROM pg_depend d WHERE d.deptype IN ('n', 'a', 'i', 'e') AND d.objid >= 16384
  AND d.refclassid <> 'pg_catalog.pg_namespace'::regclass`)
  for (const row of rows) {
    const list = reading.dependencies.get(row.from)
    if (list === undefined) reading.dependencies.set(row.from, [row])
    else list.push(row)
  }
}

/** Whether an object belongs to an extension, which makes it. */
export function isExtensionMember(reading: Reading, oid: string): boolean {
  return reading.dependencies.get(oid)?.some(({ kind }) => kind === 'e') ?? false
}

/** Whether something (a default, a check) uses a function of the user's, so that it can be part of a cycle. */
export function usesFunction(reading: Reading, oid: string): boolean {
  return reading.dependencies.get(oid)?.some(({ to }) => to.startsWith('pg_proc:') && !isExtensionMember(reading, to)) ?? false
}

/** Turns the catalogue's dependencies into those between objects. Last of all: every object is known by then. */
export async function linkDependencies(reading: Reading): Promise<void> {
  const types =
    await reading.rows<TypeRow>(`SELECT 'pg_type:' || t.oid AS oid, CASE WHEN t.typrelid <> 0 THEN 'pg_class:' || t.typrelid END AS relation,
  CASE WHEN t.typelem <> 0 THEN 'pg_type:' || t.typelem END AS element,
  ${reading.version >= 140000 ? "(SELECT 'pg_type:' || r.rngtypid FROM pg_range r WHERE r.rngmultitypid = t.oid)" : 'NULL'} AS range
  FROM pg_type t WHERE t.oid >= 16384`)
  const owners = new Map(types.map((type) => [type.oid, type.range ?? type.element ?? type.relation]))
  const resolve = (oid: string, column: number): string | undefined => {
    const known = (column > 0 ? reading.ids.get(`${oid}:${String(column)}`) : undefined) ?? reading.ids.get(oid)
    if (known !== undefined) return known
    const owner = owners.get(oid)
    if (owner !== undefined && owner !== null) return resolve(owner, 0)
    const extension = reading.dependencies.get(oid)?.find(({ kind }) => kind === 'e')
    return extension === undefined ? undefined : reading.ids.get(extension.to)
  }
  for (const dependencies of reading.dependencies.values()) {
    for (const dependency of dependencies) {
      const from = resolve(dependency.from, dependency.fromColumn)
      const to = resolve(dependency.to, dependency.toColumn)
      if (from === undefined || to === undefined || from === to || dependency.kind === 'e') continue
      const draft = reading.byId.get(from)
      if (draft !== undefined) link(reading, draft, to, dependency)
    }
  }
}

function link(reading: Reading, draft: Draft, to: string, { from }: Dependency): void {
  const owner = reading.byId.get(to)
  // A sequence is tied to its column afterwards; a view's column is the view.
  if (draft.type === 'sequence' && owner?.type === 'column') {
    draft.attach?.after.add(to)
    return
  }
  if (draft.type === 'sequence' && owner?.type === 'table') return
  if (reading.lateParts.has(from)) {
    draft.attach?.after.add(to)
    return
  }
  if (reading.lateDefaults.has(from)) {
    const table = draft.partOf === undefined ? draft : reading.byId.get(draft.partOf)
    table?.attach?.after.add(to)
    // The column by itself is added with its default, so that rows get it.
    if (table !== draft) (draft.attach ??= { statements: [], after: new Set() }).after.add(to)
    return
  }
  draft.dependsOn.add(to)
}
