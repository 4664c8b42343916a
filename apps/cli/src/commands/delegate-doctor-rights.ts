import { jobNamespaceRules, type KubeClient, KubeError, ownNamespaceRules, type RoleRule } from '@sluice/executor'
import { type DoctorSettings, failedCheck } from './delegate-doctor-settings.ts'
import type { Check } from './doctor.ts'

/** One thing that an account may do or not. */
interface Right {
  readonly verb: string
  readonly group: string
  /** `pods`, or `pods/log`. */
  readonly resource: string
  readonly name?: string | undefined
}

/** What a delegate must not need: with it, whoever takes the delegate over reads or changes more than what is being handed out. */
const surplus: readonly Right[] = [
  { verb: 'get', group: '', resource: 'secrets' },
  { verb: 'list', group: '', resource: 'secrets' },
  { verb: 'create', group: '', resource: 'pods/exec' },
  { verb: 'patch', group: '', resource: 'pods' },
  { verb: 'update', group: '', resource: 'pods' },
]

/** The namespace is there, is not the delegate's own, and the Role in it is whole. */
export async function checkJobNamespace(
  client: KubeClient,
  namespace: string,
  settings: DoctorSettings,
  signal: AbortSignal,
): Promise<Check[]> {
  const checks: Check[] = []
  if (namespace === client.namespace && settings.keySecrets.length > 0) {
    checks.push({
      name: `namespace ${namespace}`,
      ok: false,
      detail: 'step groups run in the delegate’s own namespace',
      hint: 'Whoever may create pods there can mount the delegate’s keys. Give step groups a namespace of their own.',
    })
  }
  const rights = rightsOf(jobNamespaceRules({ networkPolicy: settings.networkPolicy }))
  const missing = await missingRights(client, namespace, rights, signal)
  if (missing.length === rights.length) {
    const detail = 'no rights at all: the namespace does not exist, or no Role is bound in it'
    const hint = `Look whether it is there (kubectl get namespace ${namespace}), and bind the delegate’s Role in it (docs/kubernetes.md).`
    return [...checks, { name: `rights in ${namespace}`, ok: false, detail, hint }]
  }
  checks.push(describeRights(namespace, missing, await surplusIn(client, namespace, signal)))
  checks.push(await existsCheck(client, namespace, signal))
  return checks
}

/** The Role for the Secrets of its keys. */
export async function checkOwnNamespace(
  client: KubeClient,
  namespace: string,
  { keySecrets }: DoctorSettings,
  signal: AbortSignal,
): Promise<Check[]> {
  if (keySecrets.length === 0) return []
  return [describeRights(namespace, await missingRights(client, namespace, rightsOf(ownNamespaceRules(keySecrets)), signal), [])]
}

function describeRights(namespace: string, missing: readonly Right[], more: readonly Right[]): Check {
  const name = `rights in ${namespace}`
  const list = (rights: readonly Right[]): string =>
    rights.map(({ verb, resource, name: of }) => `${verb} ${resource}${of === undefined ? '' : ` "${of}"`}`).join(', ')
  if (missing.length > 0) {
    const detail = `missing: ${list(missing)}`
    return {
      name,
      ok: false,
      detail,
      hint: `Give the delegate’s Role in "${namespace}" exactly the documented rules (docs/kubernetes.md).`,
    }
  }
  return { name, ok: true, detail: more.length === 0 ? 'as documented' : `complete; more than a delegate needs: ${list(more)}` }
}

/** A dry run tells a namespace that is not there, or is going away, from one that is. */
async function existsCheck(client: KubeClient, namespace: string, signal: AbortSignal): Promise<Check> {
  const name = `namespace ${namespace}`
  try {
    await client.call('POST', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
      query: { dryRun: 'All' },
      body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { generateName: 'sluice-doctor-' }, spec: {} },
      signal,
    })
    return { name, ok: true, detail: 'there' }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof KubeError)) throw error
    const check = failedCheck(name, error)
    return error.status === 404 ? { ...check, hint: `Create it: kubectl create namespace ${namespace}` } : check
  }
}

async function missingRights(
  client: KubeClient,
  namespace: string,
  rights: readonly Right[],
  signal: AbortSignal,
): Promise<Right[]> {
  const answers = await Promise.all(rights.map((right) => mayDo(client, namespace, right, signal)))
  return rights.filter((_, index) => answers[index] !== true)
}

async function surplusIn(client: KubeClient, namespace: string, signal: AbortSignal): Promise<Right[]> {
  const missing = new Set(await missingRights(client, namespace, surplus, signal))
  return surplus.filter((right) => !missing.has(right))
}

/** Every account may ask about itself (https://kubernetes.io/docs/reference/access-authn-authz/authorization/). */
async function mayDo(client: KubeClient, namespace: string, right: Right, signal: AbortSignal): Promise<boolean> {
  const [resource, subresource] = right.resource.split('/')
  const { verb, group, name } = right
  const { body } = await client.call<{ status: { allowed: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { namespace, verb, group, resource, subresource, name } },
      },
      signal,
    },
  )
  return body.status.allowed
}

function rightsOf(rules: readonly RoleRule[]): Right[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => resourceNames.flatMap((name) => verbs.map((verb) => ({ verb, group, resource, name })))),
    ),
  )
}
