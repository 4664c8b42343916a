import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { delegateTag, identifier, scope, timestamp } from '../identifiers.ts'
import { pageOf, pageQuery } from '../paging.ts'

/** A target database: which step holds or blocks it. */
export const targetView = z
  .object({
    targetKey: z.string(),
    state: z.enum(['free', 'busy', 'blocked']),
    fence: z.number().int(),
    dbInstances: z.array(z.object({ orgIdentifier: z.string(), projectIdentifier: z.string(), identifier: z.string() })),
    holder: z
      .object({
        executionId: z.string(),
        stepRunId: z.string(),
        stepPath: z.string(),
        pipelineIdentifier: z.string(),
        since: timestamp,
        stepState: z.string(),
      })
      .optional(),
    /** For a blocked target: the command that resolves it. */
    hint: z.string().optional(),
  })
  .meta({ id: 'Target' })

export const delegateInstanceView = z
  .object({
    instanceId: z.string(),
    name: z.string(),
    version: z.string(),
    health: z.enum(['connected', 'late', 'disconnected']),
    lastSeenAt: timestamp.optional(),
    draining: z.boolean(),
    free: z.number().int(),
    attempts: z.array(z.object({ attemptId: z.string(), executionId: z.string(), groupPath: z.string(), state: z.string() })),
  })
  .meta({ id: 'DelegateInstance' })
export const delegateView = z
  .object({
    id: z.string(),
    name: z.string(),
    scope,
    tags: z.array(z.string()),
    approved: z.boolean(),
    revoked: z.boolean(),
    draining: z.boolean(),
    health: z.enum(['connected', 'late', 'disconnected', 'revoked']),
    keyId: z.string(),
    fingerprint: z.string(),
    version: z.string(),
    createdAt: timestamp,
    instances: z.array(delegateInstanceView),
  })
  .meta({ id: 'Delegate' })
export type DelegateView = z.infer<typeof delegateView>

export const enrolmentTokenInput = z
  .strictObject({
    ...scope.shape,
    /** Hours until it stops working. */
    expiresInHours: z
      .number()
      .min(0.01)
      .max(24 * 30)
      .default(24),
    /** How many delegates may enrol with it. */
    uses: z.number().int().min(1).max(1000).default(1),
    /** Delegates that enrol with it may receive sealed secrets at once, without an administrator's approval. */
    approve: z.boolean().default(false),
  })
  .meta({ id: 'EnrolmentTokenInput' })
export const enrolmentTokenView = z.object({
  id: z.string(),
  scope,
  expiresAt: timestamp,
  usesLeft: z.number().int(),
  approve: z.boolean(),
  createdAt: timestamp,
})

export const role = z.enum(['viewer', 'operator', 'editor', 'admin'])
export const apiKeyInput = z
  .strictObject({
    name: z.string().min(1).max(128),
    role,
    ...scope.shape,
    expiresInDays: z.number().int().min(1).max(3650).optional(),
  })
  .meta({ id: 'ApiKeyInput' })
export const apiKeyView = z.object({
  id: z.string(),
  name: z.string(),
  role,
  scope,
  createdAt: timestamp,
  expiresAt: timestamp.optional(),
  lastUsedAt: timestamp.optional(),
})

export const accountSettings = z
  .strictObject({
    /** The Database DevOps module: off, its API and steps refuse; stored data stays. */
    DBOPS_ENABLED: z.boolean(),
    /** Days that finished executions, their logs and changeset records are kept. */
    executionRetentionDays: z.number().int().min(1).max(3650),
    /** How values reach pods: `kubernetes`, as Secrets of their namespace; `runtime`, over the relay only. */
    secrets: z.enum(['kubernetes', 'runtime']),
    /** `connectors`: pods get registry Secrets made from connectors. `serviceAccount`: they rely on their service account's own. */
    registryCredentials: z.enum(['connectors', 'serviceAccount']),
    /** The runner's image in the registries that database steps name, without the registry; empty for this version's own. */
    runnerImage: z.string().max(512),
    /** Put in front of images that name no registry, for clusters without a way to Docker Hub; empty for none. */
    imageRegistry: z.string().max(512),
  })
  .meta({ id: 'AccountSettings' })

const byDelegate = z.object({ delegateId: z.string() })

export const operationEndpoints = {
  targets: endpoint('targets.list', {
    method: 'GET',
    path: '/api/v1/targets',
    access: 'viewer',
    module: true,
    summary: 'Target databases with what holds or blocks each.',
    query: z.object({ ...pageQuery.shape, state: z.enum(['free', 'busy', 'blocked']).optional() }),
    reply: pageOf(targetView),
  }),
  delegates: endpoint('delegates.list', {
    method: 'GET',
    path: '/api/v1/delegates',
    access: 'viewer',
    summary: 'Delegates with their health.',
    query: pageQuery,
    reply: pageOf(delegateView),
  }),
  delegate: endpoint('delegates.get', {
    method: 'GET',
    path: '/api/v1/delegates/{delegateId}',
    access: 'viewer',
    summary: 'One delegate.',
    params: byDelegate,
    reply: delegateView,
  }),
  updateDelegate: endpoint('delegates.update', {
    method: 'PATCH',
    path: '/api/v1/delegates/{delegateId}',
    access: 'admin',
    summary: 'Approve, revoke, drain, or change the tags of a delegate.',
    params: byDelegate,
    body: z.strictObject({
      approved: z.boolean().optional(),
      revoked: z.literal(true).optional(),
      draining: z.boolean().optional(),
      tags: z.array(delegateTag).max(50).optional(),
    }),
    reply: delegateView,
  }),
  removeDelegate: endpoint('delegates.remove', {
    method: 'DELETE',
    path: '/api/v1/delegates/{delegateId}',
    access: 'admin',
    summary: 'Forget a delegate that is revoked or gone.',
    params: byDelegate,
    reply: z.object({}),
  }),
  createToken: endpoint('delegateTokens.create', {
    method: 'POST',
    path: '/api/v1/delegate-tokens',
    access: 'admin',
    status: 201,
    summary: 'Make an enrolment token; it is shown once.',
    body: enrolmentTokenInput,
    reply: enrolmentTokenView.extend({ token: z.string() }),
  }),
  tokens: endpoint('delegateTokens.list', {
    method: 'GET',
    path: '/api/v1/delegate-tokens',
    access: 'admin',
    summary: 'Enrolment tokens that still work.',
    query: pageQuery,
    reply: pageOf(enrolmentTokenView),
  }),
  removeToken: endpoint('delegateTokens.remove', {
    method: 'DELETE',
    path: '/api/v1/delegate-tokens/{tokenId}',
    access: 'admin',
    summary: 'Withdraw an enrolment token.',
    params: z.object({ tokenId: z.string() }),
    reply: z.object({}),
  }),
  createApiKey: endpoint('apiKeys.create', {
    method: 'POST',
    path: '/api/v1/api-keys',
    access: 'admin',
    status: 201,
    summary: 'Make an API key; it is shown once.',
    body: apiKeyInput,
    reply: apiKeyView.extend({ key: z.string() }),
  }),
  apiKeys: endpoint('apiKeys.list', {
    method: 'GET',
    path: '/api/v1/api-keys',
    access: 'admin',
    summary: 'API keys.',
    query: pageQuery,
    reply: pageOf(apiKeyView),
  }),
  removeApiKey: endpoint('apiKeys.remove', {
    method: 'DELETE',
    path: '/api/v1/api-keys/{keyId}',
    access: 'admin',
    summary: 'Revoke an API key.',
    params: z.object({ keyId: z.string() }),
    reply: z.object({}),
  }),
  settings: endpoint('account.settings', {
    method: 'GET',
    path: '/api/v1/settings',
    access: 'viewer',
    summary: 'Account settings.',
    reply: accountSettings,
  }),
  updateSettings: endpoint('account.updateSettings', {
    method: 'PATCH',
    path: '/api/v1/settings',
    access: 'admin',
    summary: 'Change account settings.',
    body: accountSettings.partial(),
    reply: accountSettings,
  }),
  whoami: endpoint('account.whoami', {
    method: 'GET',
    path: '/api/v1/whoami',
    access: 'viewer',
    summary: 'Who the caller is.',
    reply: z.object({ name: z.string(), role, scope, serverVersion: z.string() }),
  }),
  login: endpoint('session.create', {
    method: 'POST',
    path: '/api/v1/session',
    access: 'public',
    summary: 'Trade an API key or a one-use login code for a session cookie.',
    body: z.strictObject({ apiKey: z.string().max(256).optional(), code: z.string().max(256).optional() }),
    reply: z.object({ name: z.string(), role }),
  }),
  logout: endpoint('session.remove', {
    method: 'DELETE',
    path: '/api/v1/session',
    access: 'public',
    summary: 'End the session.',
    reply: z.object({}),
  }),
  createLoginCode: endpoint('session.createCode', {
    method: 'POST',
    path: '/api/v1/login-codes',
    access: 'viewer',
    status: 201,
    summary: 'A one-use code that opens the web UI as the caller: `/login?code=…`, good for ten minutes.',
    reply: z.object({ code: z.string(), expiresInMs: z.number().int() }),
  }),
  instanceChangesets: endpoint('dbInstances.changesets', {
    method: 'GET',
    path: '/api/v1/db-instances/{identifier}/changesets',
    access: 'viewer',
    module: true,
    summary: 'What this control plane applied to or rolled back from a DB instance, newest first.',
    params: z.object({ identifier }),
    query: z.object({ ...pageQuery.shape, ...scope.shape }),
    reply: pageOf(
      z.object({
        id: z.string(),
        author: z.string(),
        path: z.string(),
        state: z.string(),
        executionId: z.string(),
        durationMs: z.number(),
        at: timestamp,
      }),
    ),
  }),
  health: endpoint('health.get', {
    method: 'GET',
    path: '/health',
    access: 'public',
    summary: 'Whether this server and its database answer.',
    reply: z.object({ status: z.enum(['ok', 'starting', 'unavailable']), version: z.string() }),
  }),
} as const
