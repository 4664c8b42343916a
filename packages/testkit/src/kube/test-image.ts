import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { KubeError } from '@sluice/executor'
import { type TestKube, type TestRegistry, testRegistry } from './test-kube.ts'

const root = resolve(import.meta.dirname, '../../../..')
let built: Promise<string> | undefined

/** Name of the Secret by which `testImage` lets a namespace pull. */
export const testPullSecret = 'test-registry'

/**
 * Our container image in the test registry, built from the sources as they are when it is not there yet, and in a namespace the Secret that
 * pulls it. `SLUICE_TEST_IMAGE` names one that is there already.
 */
export async function testImage(kube: TestKube, namespace: string): Promise<string> {
  const registry = testRegistry()
  await createPullSecret(kube, namespace, registry)
  built ??= process.env['SLUICE_TEST_IMAGE'] === undefined ? build(registry) : Promise.resolve(process.env['SLUICE_TEST_IMAGE'])
  return built
}

async function build({ host, user, password }: TestRegistry): Promise<string> {
  const storage = join(tmpdir(), 'sluice-test-images')
  const options = ['--image', `${host}/sluice`, '--if-absent', '--push', '--plain-http', '--storage', storage]
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'packaging/image/build.ts'), ...options], {
    env: { ...process.env, SLUICE_REGISTRY_USER: user, SLUICE_REGISTRY_PASSWORD: password },
    cwd: root,
    timeout: 300_000,
  })
  return stdout.trim()
}

async function createPullSecret(kube: TestKube, namespace: string, { host, user, password }: TestRegistry): Promise<void> {
  const auths = { [host]: { username: user, password, auth: Buffer.from(`${user}:${password}`).toString('base64') } }
  const body = {
    metadata: { name: testPullSecret },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
  }
  await kube.admin.insist('POST', `/api/v1/namespaces/${namespace}/secrets`, { body }).catch((error: unknown) => {
    if (!(error instanceof KubeError) || error.status !== 409) throw error
  })
}
