import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { operationEndpoints } from '@sluice/contract'
import {
  openTestKube,
  type SpawnedProcess,
  spawnProcess,
  type TestAccount,
  testImage,
  testPullSecret,
  type TestKube,
  testRegistry,
  type TestRegistry,
} from '@sluice/testkit'
import { appEntry } from './app-entries.ts'
import { type Installation, openInstallation } from './installation.ts'
import { forwardTo, type Reach, serveGit } from './reach-from-pods.ts'
import { openTestTarget, type TestTarget } from './test-target.ts'

/** A whole Sluice whose delegate places step groups in pods of a real cluster, as an account with a delegate's rights and no others. */
export interface KubeInstallation extends AsyncDisposable {
  readonly installation: Installation
  readonly kube: TestKube
  readonly namespace: string
  readonly registry: TestRegistry
  readonly target: TestTarget
  /** The target's JDBC URL as pods reach it. */
  readonly jdbcUrl: string
  /** Address of a repository as pods reach it. */
  gitUrl(name: string): string
  /**
   * Another replica of the installation's delegate, with a folder and a relay of its own; it shares the sealing key where the environment names its
   * Secret. `start` starts it (again) and does not wait for anything.
   */
  addReplica(environment: Readonly<Record<string, string>>): Promise<{ readonly dir: string; start(): Promise<SpawnedProcess> }>
}

export interface KubeInstallationOptions {
  readonly delegateEnv?: Readonly<Record<string, string>>
  readonly serverEnv?: Readonly<Record<string, string>>
  /** Service accounts that the delegate's policy allows to pods; the default one unless given. */
  readonly serviceAccounts?: readonly string[]
  /** The delegate's account; one with the documented rights in the namespace of pods and no others unless given. */
  readonly account?: (kube: TestKube, namespace: string) => Promise<TestAccount>
  /** Everything in time is divided by it; 4 unless given. */
  readonly timeScale?: number
  /** The control plane's database; an empty one of the tests' server unless given. */
  readonly databaseUrl?: string
}

export async function openKubeInstallation(options: KubeInstallationOptions = {}): Promise<KubeInstallation> {
  const kube = await openTestKube()
  const opened: AsyncDisposable[] = [{ [Symbol.asyncDispose]: () => kube.close() }]
  try {
    const namespace = await kube.namespace()
    const account = await (options.account?.(kube, namespace) ?? kube.delegateAccount(namespace))
    const image = await testImage(kube, namespace)
    const delegateEnv = async (): Promise<Record<string, string>> => {
      const relayPort = await freePort(kube.hostAddress)
      return {
        SLUICE_KUBECONFIG: account.kubeconfig,
        SLUICE_DELEGATE_NAMESPACES: namespace,
        SLUICE_DELEGATE_IMAGE: image,
        SLUICE_DELEGATE_IMAGE_PULL_SECRETS: testPullSecret,
        SLUICE_DELEGATE_RELAY_LISTEN: `${kube.hostAddress}:${String(relayPort)}`,
        SLUICE_DELEGATE_RELAY_URL: `https://${kube.hostAddress}:${String(relayPort)}`,
        SLUICE_DELEGATE_POD_GRACE_SECONDS: '10',
        ...options.delegateEnv,
      }
    }
    const { timeScale = 4, databaseUrl } = options
    const installation = await openInstallation({
      timeScale,
      ...(options.serverEnv === undefined ? {} : { serverEnv: options.serverEnv }),
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      policy: () => `git: {protocols: [https, http]}
allowScripts: true
secrets: {env: [TEST_*]}
serviceAccounts: [${(options.serviceAccounts ?? ['default']).join()}]
`,
      delegateEnv: await delegateEnv(),
    })
    opened.push(installation)
    const target = await openTestTarget()
    opened.push({ [Symbol.asyncDispose]: () => target.close() })
    const local = new URL(target.jdbcUrl.slice('jdbc:'.length))
    const database: Reach = await forwardTo(kube.hostAddress, Number(local.port))
    const git = await serveGit(kube.hostAddress, `${installation.dir}/repositories`)
    opened.push(database, git)
    await installation.startDelegate()
    const addReplica: KubeInstallation['addReplica'] = async (environment) => {
      const dir = join(installation.dir, `replica-${String(opened.length)}`)
      mkdirSync(dir, { mode: 0o700 })
      const env = {
        ...(await delegateEnv()),
        SLUICE_TIME_SCALE: String(timeScale),
        SLUICE_SERVER_URL: installation.url,
        SLUICE_DELEGATE_NAME: 'test',
        SLUICE_DELEGATE_TAGS: 'test',
        SLUICE_DELEGATE_DIR: dir,
        SLUICE_DELEGATE_POLICY: join(installation.dir, 'policy.yaml'),
        SLUICE_RUNNER_ENTRY: appEntry('runner'),
        ...environment,
      }
      return {
        dir,
        async start() {
          const { token } = await installation.client.call(operationEndpoints.createToken, { body: { approve: true } })
          const replica = spawnProcess({
            name: 'replica',
            command: process.execPath,
            args: [appEntry('delegate')],
            env: { ...env, SLUICE_DELEGATE_TOKEN: token },
          })
          opened.push(replica)
          return replica
        },
      }
    }
    return {
      installation,
      addReplica,
      kube,
      namespace,
      registry: testRegistry(),
      target,
      jdbcUrl: `jdbc:postgresql://${kube.hostAddress}:${String(database.port)}${local.pathname}`,
      gitUrl: (name) => `http://${kube.hostAddress}:${String(git.port)}/${name}/.git`,
      [Symbol.asyncDispose]: () => closeAll(opened),
    }
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

async function closeAll(opened: readonly AsyncDisposable[]): Promise<void> {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
