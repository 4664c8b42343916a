type Json = Record<string, unknown>

/** A step that applies (or rolls back) the DB instance that `instanceEntities` makes for a name. */
export function databaseStep(
  identifier: string,
  name: string,
  options: { readonly type?: 'DBSchemaApply' | 'DBSchemaRollback'; readonly spec?: Json; readonly fields?: Json } = {},
): Json {
  const spec = { migrationType: 'Liquibase', dbSchema: name, dbInstance: `${name}_instance`, ...options.spec }
  return {
    step: { identifier, name: identifier, type: options.type ?? 'DBSchemaApply', timeout: '10m', spec, ...options.fields },
  }
}

export function stepGroup(identifier: string, steps: readonly Json[], fields: Json = {}): Json {
  return { stepGroup: { identifier, name: identifier, steps, ...fields } }
}

export function stage(identifier: string, steps: readonly Json[], fields: Json = {}): Json {
  return { stage: { identifier, name: identifier, type: 'Custom', spec: { execution: { steps } }, ...fields } }
}

/** A pipeline as YAML (JSON is YAML). */
export function pipelineYaml(identifier: string, stages: readonly Json[], fields: Json = {}): string {
  const place = { orgIdentifier: 'default', projectIdentifier: 'default' }
  return JSON.stringify({ pipeline: { identifier, name: identifier, ...place, stages, ...fields } }, null, 2)
}
