import { readFileSync } from 'node:fs'
import { Agent, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import { AppError } from '@sluice/base'

/** Where an API server is, and who asks. */
export interface KubeConnection {
  /** `https://host:port`, with a path where a proxy stands in front. */
  readonly origin: string
  /** The namespace that the credentials belong to; for messages and defaults. */
  readonly namespace: string | undefined
  /** Options of one request: agent and headers with a credential that is valid now. */
  authorise(): Promise<{
    readonly agent: RequestOptions['agent']
    readonly headers: RequestOptions['headers']
    readonly auth?: string
  }>
  close(): void
}

export interface KubeConnectionOptions {
  /** A kubeconfig file; without one, the service account of the pod that this process runs in. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  /** Where the service account's files are; the standard place unless a test says otherwise. */
  readonly serviceAccountFolder?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

const standardFolder = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Tokens of service accounts are replaced while a pod runs (https://kubernetes.io/docs/concepts/security/service-accounts/). */
const tokenMs = 30_000

/** Throws `AppError('failedPrecondition', 'CLUSTER_CONFIG')` when there is no way to any cluster. */
export async function openKubeConnection(options: KubeConnectionOptions): Promise<KubeConnection> {
  return options.kubeconfig === undefined ? inCluster(options) : fromKubeconfig(options.kubeconfig, options.context)
}

/** The few files and variables that every pod gets need no library. */
function inCluster({ environment, serviceAccountFolder = standardFolder }: KubeConnectionOptions): KubeConnection {
  const host = environment['KUBERNETES_SERVICE_HOST']
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443'
  const read = (name: string): string => readFileSync(join(serviceAccountFolder, name), 'utf8').trim()
  let ca: string
  let namespace: string | undefined
  try {
    ca = read('ca.crt')
    namespace = optional(() => read('namespace'))
    read('token')
  } catch (cause) {
    throw noCluster(`The files of a service account in "${serviceAccountFolder}" cannot be read.`, cause)
  }
  if (host === undefined || host === '')
    throw noCluster('This process does not run in a pod: KUBERNETES_SERVICE_HOST is not set.')
  const agent = new Agent({ keepAlive: true, maxSockets: 64, ca })
  let token = ''
  let readAt = Number.NEGATIVE_INFINITY
  return {
    origin: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace,
    async authorise() {
      if (performance.now() - readAt > tokenMs) {
        token = read('token')
        readAt = performance.now()
      }
      return { agent, headers: { authorization: `Bearer ${token}` } }
    },
    close: () => {
      agent.destroy()
    },
  }
}

/**
 * A kubeconfig may name programs and cloud providers that issue credentials, proxies and client certificates: Kubernetes' own client reads
 * it. It is loaded only here, because it takes 90 MB.
 */
async function fromKubeconfig(file: string, context: string | undefined): Promise<KubeConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    config.loadFromFile(file)
  } catch (cause) {
    throw noCluster(`The kubeconfig "${file}" cannot be read.`, cause)
  }
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    throw noCluster(`The kubeconfig "${file}" has no cluster for its context "${config.getCurrentContext()}".`)
  }
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace
  let agent: Agent | undefined
  let agentKey = ''
  return {
    origin: cluster.server.replace(/\/+$/, ''),
    namespace,
    async authorise() {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      const { ca, cert, key, servername, rejectUnauthorized, headers, auth } = options
      const answer = { headers: headers ?? {}, ...(typeof auth === 'string' ? { auth } : {}) }
      // Its agents for proxies are its own; a plain one is ours, so that connections are kept.
      if (cluster.proxyUrl !== undefined || options.agent === undefined) return { ...answer, agent: options.agent }
      const identity = [ca, cert, key].map((part) => (Buffer.isBuffer(part) ? part.toString('base64') : '')).join('|')
      if (agent === undefined || identity !== agentKey) {
        agent?.destroy()
        agentKey = identity
        agent = new Agent({ keepAlive: true, maxSockets: 64, ca, cert, key, servername, rejectUnauthorized })
      }
      return { ...answer, agent }
    },
    close: () => {
      agent?.destroy()
    },
  }
}

function optional<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function noCluster(message: string, cause?: unknown): AppError {
  return new AppError('failedPrecondition', 'CLUSTER_CONFIG', message, {
    hint: 'Run the delegate in a pod with a service account, or set SLUICE_KUBECONFIG to a kubeconfig file.',
    ...(cause === undefined ? {} : { cause }),
  })
}
