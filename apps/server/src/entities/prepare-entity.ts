import { type Diagnostic, parseDatabaseUrl, canonicalTarget } from '@sluice/base'
import type { Connector, EntityKind, IssueView, PipelineEntity } from '@sluice/contract'
import { parsePipeline, type Pipeline } from '@sluice/pipeline'
import type { EntityRow, EntityWrite } from '@sluice/store'
import type { Place } from '../access/caller.ts'
import { withPlace } from './entity-place.ts'
import { findReferences } from './entity-references.ts'

/** Fields that nothing may change after the creation, by kind. */
const immutableFields: Readonly<Record<EntityKind, readonly string[]>> = {
  organization: [],
  project: [],
  secret: ['type'],
  connector: ['type'],
  dbSchema: ['migrationType', 'type'],
  dbInstance: ['dbSchema'],
  pipeline: [],
}

interface Prepared {
  readonly write: EntityWrite
  readonly issues: readonly IssueView[]
}

/**
 * What is stored of a body that its schema has accepted: name, labels, references, target. `issues` has everything that the schema
 * alone cannot see; references are not looked up here.
 */
export function prepareEntity(kind: EntityKind, place: Place, input: Readonly<Record<string, unknown>>): Prepared {
  const body = withPlace(kind, { ...input }, place)
  const issues: IssueView[] = []
  const pipeline = kind === 'pipeline' ? checkPipeline(body as unknown as PipelineEntity, place, issues) : undefined
  const name = (body['name'] as string | undefined) ?? pipeline?.name ?? String(body['identifier'])
  const targetKey = kind === 'connector' ? checkConnector(body as unknown as Connector, issues) : null
  const found = findReferences(kind, place, body, pipeline)
  issues.push(...found.issues)
  return {
    write: {
      kind,
      ...place,
      identifier: String(body['identifier']),
      name,
      tags: (body['tags'] as Record<string, string> | undefined) ?? {},
      body: { ...body, name },
      references: found.references,
      targetKey,
    },
    issues,
  }
}

/** Fields that an update tries to change although they are fixed. */
export function checkImmutable(kind: EntityKind, stored: EntityRow, write: EntityWrite): IssueView[] {
  return immutableFields[kind].flatMap((field) => {
    const before = stored.body[field]
    return before === write.body[field]
      ? []
      : [
          {
            path: [field],
            code: 'FIELD_IMMUTABLE',
            message: `"${field}" is fixed since the creation: it is "${String(before)}".`,
            hint: 'Create another one with a new identifier instead.',
          },
        ]
  })
}

/** A diagnostic as an issue of an answer: with its place in the text. */
export function toIssue(diagnostic: Diagnostic, path?: (string | number)[]): IssueView {
  const { severity, code, message, hint, file, line, column } = diagnostic
  return {
    severity,
    code,
    message,
    ...(path === undefined ? {} : { path }),
    ...(hint === undefined ? {} : { hint }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  }
}

function checkPipeline(entity: PipelineEntity, place: Place, issues: IssueView[]): Pipeline | undefined {
  const { pipeline, diagnostics } = parsePipeline(entity.yaml)
  issues.push(...diagnostics.filter(({ severity }) => severity === 'error').map((diagnostic) => toIssue(diagnostic, ['yaml'])))
  if (pipeline === undefined) return undefined
  const agree = (field: string, written: string | undefined, meant: string): void => {
    if (written === undefined || written === meant) return
    issues.push({
      path: [field],
      code: 'PIPELINE_YAML_DISAGREES',
      message: `The YAML says ${field} "${written}", the request "${meant}".`,
      hint: 'Make both the same.',
    })
  }
  agree('identifier', pipeline.identifier, entity.identifier)
  agree('orgIdentifier', pipeline.orgIdentifier, place.org)
  agree('projectIdentifier', pipeline.projectIdentifier, place.project)
  if (entity.name !== undefined) agree('name', pipeline.name, entity.name)
  return pipeline
}

/** The canonical target of a database connector; null for other connectors and for databases without a driver here. */
function checkConnector(connector: Connector, issues: IssueView[]): string | null {
  if (connector.type !== 'Jdbc') return null
  const path = ['spec', 'connectionUrl']
  const { url, diagnostics } = parseDatabaseUrl(connector.spec.connectionUrl)
  if (url === undefined) {
    const others = diagnostics.filter(({ code }) => code !== 'DATABASE_URL_ENGINE')
    issues.push(...others.map((diagnostic) => toIssue(diagnostic, path)))
    return null
  }
  if (url.engine === 'sqlite' && !/^(?:\/|[a-z]:[\\/])/i.test(url.database ?? '')) {
    issues.push({
      path,
      code: 'CONNECTOR_SQLITE_PATH',
      message: 'The connection URL names no file by its whole path.',
      hint: 'Write it like jdbc:sqlite:/data/shop.db: a path on the host of the delegate.',
    })
  }
  if (url.password !== undefined) {
    issues.push({
      path,
      code: 'CONNECTOR_PASSWORD',
      message: 'The connection URL must not hold a password.',
      hint: 'Put it into a secret and name that in auth.spec.passwordRef.',
    })
  }
  return canonicalTarget(url)
}
