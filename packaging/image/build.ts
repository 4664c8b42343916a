// Builds the container image from this Debian's files with buildah, without Docker, and pushes it when told to:
//   ./scripts/node packaging/image/build.ts --image REGISTRY/NAME:TAG [--push] [--storage DIR] [--plain-http]
// With --if-absent the image is named without a tag: the tag follows from the sources, and what the registry has is not built again.
// The registry's credentials are read from SLUICE_REGISTRY_USER and SLUICE_REGISTRY_PASSWORD.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openFileLock } from '@sluice/embedded-postgres'
import { assembleSluice, assembleSystem, productVersion, repositoryRoot } from './assemble.ts'

export interface ImageBuild {
  /** `registry/name:tag`. */
  readonly image: string
  /** Folder of buildah's own storage. */
  readonly storage: string
  readonly push?:
    | { readonly user?: string | undefined; readonly password?: string | undefined; readonly plainHttp?: boolean }
    | undefined
}

/** Builds the image, and pushes it where `push` is given. Throws an error with buildah's output when it fails. */
export async function buildImage({ image, storage, push }: ImageBuild): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'))
  try {
    assembleSystem(join(folder, 'system'), process.execPath)
    await assembleSluice(join(folder, 'sluice'), productVersion())
    const common = ['--storage-driver', 'vfs', '--root', join(storage, 'images'), '--runroot', join(storage, 'run')]
    const labels = {
      title: 'Sluice',
      description: 'Database DevOps: control plane, delegate, runner and command line.',
      licenses: 'Apache-2.0',
      version: productVersion(),
      revision: revision(),
    }
    const labelOptions = Object.entries(labels).flatMap(([key, value]) => ['--label', `org.opencontainers.image.${key}=${value}`])
    const file = join(import.meta.dirname, 'debian.Dockerfile')
    buildah([...common, 'bud', '--isolation', 'chroot', '--layers=false', ...labelOptions, '-f', file, '-t', image, folder])
    if (push === undefined) return
    const authFile = join(folder, 'auth.json')
    const token = Buffer.from(`${push.user ?? ''}:${push.password ?? ''}`).toString('base64')
    const auths = push.user === undefined ? {} : { [image.slice(0, image.indexOf('/'))]: { auth: token } }
    writeFileSync(authFile, JSON.stringify({ auths }), { mode: 0o600 })
    buildah([...common, 'push', `--tls-verify=${push.plainHttp !== true}`, '--authfile', authFile, image])
    buildah([...common, 'rmi', '--force', image])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Names what the image would be made from: equal digests mean equal images. */
export function imageDigest(): string {
  const hash = createHash('sha256').update(process.version)
  for (const folder of ['packages', 'apps', 'packaging/image', 'scripts/build']) {
    for (const path of sourcesIn(join(repositoryRoot, folder))) hash.update(path).update(readFileSync(path))
  }
  return hash
    .update(readFileSync(join(repositoryRoot, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16)
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'testing' ? [] : sourcesIn(path)
      return entry.isFile() && !/\.test\.ts$|\.md$/.test(entry.name) ? [path] : []
    })
}

async function isInRegistry(image: string, access: NonNullable<ImageBuild['push']>): Promise<boolean> {
  const [, host = '', name = '', tag = ''] = /^([^/]+)\/(.+):([^:/]+)$/.exec(image) ?? []
  const url = `${access.plainHttp === true ? 'http' : 'https'}://${host}/v2/${name}/manifests/${tag}`
  const token = Buffer.from(`${access.user ?? ''}:${access.password ?? ''}`).toString('base64')
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
  const answer = await fetch(url, { method: 'HEAD', headers: { accept, authorization: `Basic ${token}` } })
  return answer.ok
}

function buildah(options: readonly string[]): void {
  try {
    execFileSync('buildah', options, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new Error(`buildah failed: ${(stderr ?? String(error)).slice(-4000)}`, { cause: error })
  }
}

function revision(): string {
  try {
    return execFileSync('git', ['-C', repositoryRoot, 'rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      image: { type: 'string' },
      storage: { type: 'string' },
      push: { type: 'boolean' },
      'plain-http': { type: 'boolean' },
      'if-absent': { type: 'boolean' },
    },
  })
  const named = values.image ?? `sluice:${productVersion()}`
  const image = values['if-absent'] === true ? `${named}:${productVersion()}-${imageDigest()}` : named
  const push = {
    user: process.env['SLUICE_REGISTRY_USER'],
    password: process.env['SLUICE_REGISTRY_PASSWORD'],
    plainHttp: values['plain-http'] === true,
  }
  const storage = values.storage ?? join(repositoryRoot, '.sluice/buildah')
  mkdirSync(storage, { recursive: true })
  // Two tests that need the same image at the same moment build it once.
  using _ = await openFileLock(join(storage, 'build.lock'), { waitMs: 600_000 })
  const isThere = values['if-absent'] === true && (await isInRegistry(image, push))
  if (!isThere) await buildImage({ image, storage, ...(values.push === true ? { push } : {}) })
  process.stdout.write(`${image}\n`)
}

if (process.argv[1] === import.meta.filename) await main()
