import { createServer } from 'node:net'
import { openTestKube, testImage, testPullSecret, type TestKube, testRegistry, type TestRegistry } from '@sluice/testkit'
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
}

export interface KubeInstallationOptions {
  readonly delegateEnv?: Readonly<Record<string, string>>
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
    const account = await kube.delegateAccount(namespace)
    const image = await testImage(kube, namespace)
    const relayPort = await freePort(kube.hostAddress)
    const installation = await openInstallation({
      timeScale: options.timeScale ?? 4,
      ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
      policy: () => 'git: {protocols: [https, http]}\nallowScripts: true\nsecrets: {env: [TEST_*]}\n',
      delegateEnv: {
        SLUICE_KUBECONFIG: account.kubeconfig,
        SLUICE_DELEGATE_NAMESPACES: namespace,
        SLUICE_DELEGATE_IMAGE: image,
        SLUICE_DELEGATE_IMAGE_PULL_SECRETS: testPullSecret,
        SLUICE_DELEGATE_RELAY_LISTEN: `${kube.hostAddress}:${String(relayPort)}`,
        SLUICE_DELEGATE_RELAY_URL: `https://${kube.hostAddress}:${String(relayPort)}`,
        SLUICE_DELEGATE_POD_GRACE_SECONDS: '10',
        ...options.delegateEnv,
      },
    })
    opened.push(installation)
    const target = await openTestTarget()
    opened.push({ [Symbol.asyncDispose]: () => target.close() })
    const local = new URL(target.jdbcUrl.slice('jdbc:'.length))
    const database: Reach = await forwardTo(kube.hostAddress, Number(local.port))
    const git = await serveGit(kube.hostAddress, `${installation.dir}/repositories`)
    opened.push(database, git)
    await installation.startDelegate()
    return {
      installation,
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
