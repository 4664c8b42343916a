import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createId } from '@sluice/base'
import { type KubeClient, type RoleRule, createKubeClient, jobNamespaceRules, openKubeConnection } from '@sluice/executor'
import { requireOrSkip } from '../require-or-skip.ts'

/** A real cluster for tests, and a registry that it pulls from. */
export interface TestKube {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  readonly admin: KubeClient
  /** Where pods reach this machine. */
  readonly hostAddress: string
  /** A new namespace whose default service account is there; deleted at the end. */
  namespace(): Promise<string>
  /** A service account with the rights of a delegate in a namespace and no others, and files to act as it. */
  delegateAccount(namespace: string, options?: { readonly networkPolicy?: boolean }): Promise<TestAccount>
  /** A service account with other rules. */
  account(namespace: string, rules: readonly RoleRule[]): Promise<TestAccount>
  /** Deletes what was made. */
  close(): Promise<void>
}

/** A service account as its pods would have it. */
export interface TestAccount {
  /** `system:serviceaccount:…`. */
  readonly user: string
  /** Folder with `token`, `ca.crt` and `namespace`. */
  readonly folder: string
  /** A kubeconfig file with the same token. */
  readonly kubeconfig: string
  readonly environment: Readonly<Record<string, string>>
  readonly client: KubeClient
}

/** The registry that `SLUICE_TEST_REGISTRY` names, as `http://user:password@host:port`. */
export interface TestRegistry {
  readonly host: string
  readonly user: string
  readonly password: string
}

/** For node:test's `skip`: tests that need a cluster, and those that need a registry too. */
export function skipWithoutKube(): false | string {
  const path = process.env['SLUICE_TEST_KUBE'] ?? ''
  return requireOrSkip('a Kubernetes cluster (SLUICE_TEST_KUBE; docs/testing.md says how to get one)', existsSync(path))
}

export function testRegistry(): TestRegistry {
  const url = new URL(process.env['SLUICE_TEST_REGISTRY'] ?? 'http://none:none@127.0.0.1:1')
  return { host: url.host, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
}

export async function openTestKube(): Promise<TestKube> {
  const kubeconfig = process.env['SLUICE_TEST_KUBE'] ?? ''
  const admin = createKubeClient(await openKubeConnection({ kubeconfig, environment: {} }))
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kube-'))
  const namespaces: string[] = []
  const clients: KubeClient[] = [admin]
  const makeAccount = async (namespace: string, rules: readonly RoleRule[]): Promise<TestAccount> => {
    const account = await createAccount(admin, namespace, rules, folder)
    clients.push(account.client)
    return account
  }
  return {
    kubeconfig,
    admin,
    hostAddress: process.env['SLUICE_TEST_KUBE_HOST'] ?? new URL(admin.origin).hostname,
    async namespace() {
      const name = `sluice-test-${createId('ns').slice(-10)}`
      await admin.insist('POST', '/api/v1/namespaces', { body: { metadata: { name } } })
      namespaces.push(name)
      await serviceAccountOf(admin, name, 'default')
      return name
    },
    async delegateAccount(namespace, { networkPolicy = true } = {}) {
      return makeAccount(namespace, jobNamespaceRules({ networkPolicy }))
    },
    account: makeAccount,
    async close() {
      for (const name of namespaces) await admin.insist('DELETE', `/api/v1/namespaces/${name}`).catch(() => {})
      for (const client of clients) client.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const rbac = '/apis/rbac.authorization.k8s.io/v1'

async function createAccount(
  admin: KubeClient,
  namespace: string,
  rules: readonly RoleRule[],
  folder: string,
): Promise<TestAccount> {
  const name = 'sluice-delegate'
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
  const subjects = [{ kind: 'ServiceAccount', name, namespace }]
  await admin.insist('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body: { metadata: { name } } })
  await admin.insist('POST', `${rbac}/namespaces/${namespace}/roles`, { body: { metadata: { name }, rules } })
  await admin.insist('POST', `${rbac}/namespaces/${namespace}/rolebindings`, { body: { metadata: { name }, roleRef, subjects } })
  const { body } = await admin.insist<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } } },
  )
  const ca = await clusterAuthority(admin, namespace)
  const place = mkdtempSync(join(folder, 'account-'))
  const { token } = body.status
  writeFileSync(join(place, 'token'), token)
  writeFileSync(join(place, 'ca.crt'), ca)
  writeFileSync(join(place, 'namespace'), namespace)
  const { hostname, port } = new URL(admin.origin)
  const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port === '' ? '443' : port }
  const kubeconfig = join(place, 'kubeconfig')
  const cluster = { server: admin.origin, 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: name, namespace } }],
      'current-context': 'test',
    }),
  )
  const connection = await openKubeConnection({ serviceAccountFolder: place, environment })
  const user = `system:serviceaccount:${namespace}:${name}`
  return { user, folder: place, kubeconfig, environment, client: createKubeClient(connection) }
}

/** The authority that signs the API server's certificate: every namespace has it from v1.20 on. */
async function clusterAuthority(admin: KubeClient, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`
  for (let tries = 1; ; tries++) {
    try {
      const { body } = await admin.call<{ data: Record<string, string> }>('GET', path)
      return body.data['ca.crt'] ?? ''
    } catch (error) {
      if (tries > 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function serviceAccountOf(admin: KubeClient, namespace: string, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await admin.call('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`)
      return
    } catch (error) {
      if (tries > 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
