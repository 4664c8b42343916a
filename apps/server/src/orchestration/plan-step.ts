import { canonicalTarget, toAppError } from '@sluice/base'
import type { DatabaseBinding, DatabaseTaskStep, DbInstance, DbSchema, GitSource, SecretSlot, SlotValue } from '@sluice/contract'
import { type DbStepTarget, parseDuration } from '@sluice/pipeline'
import type { Place } from '../access/caller.ts'
import { type ConnectorOf, findConnector, type FoundConnector } from './plan-connectors.ts'
import { keyOf, type PlanEntities } from './plan-entities.ts'
import type { PlanProblem } from './plan-problems.ts'
import type { SecretSlots } from './plan-secrets.ts'

/** What a step needs, found and checked. */
export interface StepEntities {
  readonly target: DbStepTarget
  readonly path: string
  readonly dbSchema: DbSchema
  readonly dbInstance: DbInstance
  readonly database: FoundConnector<ConnectorOf<'Jdbc'>>
  readonly git: FoundConnector<ConnectorOf<'Git'>>
}

/** Finds what a step refers to; undefined, with the problems said, when something is missing or does not fit. */
export function findStepEntities(
  entities: PlanEntities,
  place: Place,
  target: DbStepTarget,
  path: string,
  problems: PlanProblem[],
): StepEntities | undefined {
  const before = problems.length
  const say = (code: string, message: string, hint?: string): undefined => {
    problems.push({ code, message: `Step "${path}": ${message}`, hint })
    return undefined
  }
  const dbSchema = entities.get(keyOf('dbSchema', target.dbSchema, place))?.body as unknown as DbSchema | undefined
  const dbInstance = entities.get(keyOf('dbInstance', target.dbInstance, place))?.body as unknown as DbInstance | undefined
  if (dbSchema === undefined)
    say('DB_SCHEMA_NOT_FOUND', `the DB schema "${target.dbSchema}" does not exist.`, 'Create it, or correct "dbSchema".')
  if (dbInstance === undefined)
    say('DB_INSTANCE_NOT_FOUND', `the DB instance "${target.dbInstance}" does not exist.`, 'Create it, or correct "dbInstance".')
  if (dbInstance !== undefined && dbInstance.dbSchema !== target.dbSchema) {
    say(
      'DB_INSTANCE_OF_OTHER_SCHEMA',
      `the DB instance "${target.dbInstance}" is of the DB schema "${dbInstance.dbSchema}", not of "${target.dbSchema}".`,
    )
  }
  if (dbSchema !== undefined && dbSchema.migrationType !== 'Liquibase') {
    say(
      'MIGRATION_TYPE_UNSUPPORTED',
      `the DB schema "${target.dbSchema}" is of type ${dbSchema.migrationType}, which no step can apply yet.`,
    )
  }
  const database = dbInstance && findConnector(entities, place, dbInstance.connector, 'Jdbc', say)
  const git = dbSchema && findConnector(entities, place, dbSchema.changelog.connector, 'Git', say)
  if (dbSchema === undefined || dbInstance === undefined || database === undefined || git === undefined) return undefined
  return problems.length > before ? undefined : { target, path, dbSchema, dbInstance, database, git }
}

/** The step as a task carries it; undefined with the problems said. */
export function planStep(
  found: StepEntities,
  entities: PlanEntities,
  slots: SecretSlots,
  problems: PlanProblem[],
): DatabaseTaskStep | undefined {
  const { target, path } = found
  const database = bindDatabase(found, entities, slots, problems)
  const source = bindSource(found, entities, slots, problems)
  if (database === undefined || source === undefined) return undefined
  return { kind: 'database', stepRunId: target.stepRunId, path, type: target.type, timeoutMs: target.timeoutMs, database, source }
}

function bindDatabase(
  { target, path, dbSchema, dbInstance, database }: StepEntities,
  entities: PlanEntities,
  slots: SecretSlots,
  problems: PlanProblem[],
): DatabaseBinding | undefined {
  const { spec } = database.body
  let targetKey: string
  try {
    targetKey = canonicalTarget(spec.connectionUrl)
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    problems.push({ code, message: `Step "${path}": connector "${dbInstance.connector}": ${message}`, hint })
    return undefined
  }
  const secret = (ref: string, use: SecretSlot['use']): SlotValue =>
    slots.add({ ref, secret: entities.get(keyOf('secret', ref, database)), use, audience: targetKey })
  const credentials: { username?: SlotValue; password?: SlotValue } = {}
  const { auth } = spec
  if (auth.type === 'UsernamePassword') {
    const { username, usernameRef, passwordRef } = auth.spec
    if (usernameRef !== undefined) credentials.username = secret(usernameRef, 'databaseUser')
    else if (username !== undefined) credentials.username = { kind: 'literal', text: username }
    credentials.password = secret(passwordRef, 'databasePassword')
  } else if (auth.type === 'DelegateCredentials') {
    if (auth.spec?.username !== undefined) credentials.username = { kind: 'literal', text: auth.spec.username }
  } else {
    problems.push({
      code: 'CONNECTOR_AUTH_UNSUPPORTED',
      message: `Step "${path}": the connector "${dbInstance.connector}" logs in with ${auth.type}, which no step can do yet.`,
      hint: 'Use UsernamePassword.',
    })
    return undefined
  }
  return {
    dbSchema: target.dbSchema,
    dbInstance: target.dbInstance,
    connector: dbInstance.connector,
    migrationType: dbSchema.migrationType,
    connectionUrl: spec.connectionUrl,
    targetKey,
    ...credentials,
    ...(dbInstance.context === undefined || dbInstance.context === '' ? {} : { context: dbInstance.context }),
    properties: dbInstance.substituteProperties ?? {},
    ...readLimits(dbInstance),
  }
}

/** The entity's durations were checked when it was saved. */
function readLimits({
  lockTimeout,
  statementTimeout,
  onPartial,
}: DbInstance): Pick<DatabaseBinding, 'lockTimeoutMs' | 'statementTimeoutMs' | 'onPartial'> {
  const lockTimeoutMs = lockTimeout === undefined ? undefined : parseDuration(lockTimeout)
  const statementTimeoutMs = statementTimeout === undefined ? undefined : parseDuration(statementTimeout)
  return {
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }),
    ...(onPartial === undefined ? {} : { onPartial }),
  }
}

function bindSource(
  { path, dbSchema, dbInstance, git }: StepEntities,
  entities: PlanEntities,
  slots: SecretSlots,
  problems: PlanProblem[],
): GitSource | undefined {
  const { spec } = git.body
  const { repo, location, connector } = dbSchema.changelog
  if (spec.connectionType === 'Account' && repo === undefined) {
    problems.push({
      code: 'GIT_REPO_MISSING',
      message: `Step "${path}": the connector "${connector}" is for an account, and the DB schema "${dbSchema.identifier}" names no repository.`,
      hint: 'Set "changelog.repo" of the DB schema.',
    })
    return undefined
  }
  const url = spec.connectionType === 'Account' ? `${spec.url.replace(/\/+$/, '')}/${repo ?? ''}` : spec.url
  const secret = (ref: string, use: SecretSlot['use']): SlotValue =>
    slots.add({ ref, secret: entities.get(keyOf('secret', ref, git)), use, audience: url })
  const credentials: { username?: SlotValue; password?: SlotValue; sshKey?: SlotValue } = {}
  const { authentication } = spec
  if (authentication.type === 'Http') {
    const { username, usernameRef, passwordRef, tokenRef } = authentication.spec
    const passwordLike = tokenRef ?? passwordRef
    if (usernameRef !== undefined) credentials.username = secret(usernameRef, 'gitUser')
    // Git hosts take any name with a token, but not none.
    else if (username !== undefined || tokenRef !== undefined) credentials.username = { kind: 'literal', text: username ?? 'git' }
    if (passwordLike !== undefined) credentials.password = secret(passwordLike, 'gitPassword')
  } else if (authentication.type === 'Ssh') {
    credentials.sshKey = secret(authentication.spec.sshKeyRef, 'gitSshKey')
  }
  const revision = revisionOf(dbInstance)
  return { type: 'git', url, ...credentials, revision, location, sourceKey: `${url}#${revision.kind}:${revision.name}` }
}

function revisionOf({ branch, commitSha, gitTag }: DbInstance): GitSource['revision'] {
  if (commitSha !== undefined) return { kind: 'commit', name: commitSha }
  if (gitTag !== undefined) return { kind: 'tag', name: gitTag }
  return { kind: 'branch', name: branch ?? '' }
}
