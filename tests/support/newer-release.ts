import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTempDir, testRegistry } from '@sluice/testkit'
import { chartFolder } from '../../packaging/render-chart.ts'

/** The chart as a later release of it: another version of itself and of its image. */
export async function copyChart(version: string, appVersion: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await openTempDir()
  const path = join(folder.path, 'sluice')
  cpSync(chartFolder, path, { recursive: true })
  const file = join(path, 'Chart.yaml')
  const text = readFileSync(file, 'utf8')
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: ${JSON.stringify(appVersion)}`)
  writeFileSync(file, text)
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

const manifestTypes = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json']

/** Gives an image of the test registry a second tag, by the registry's own interface (the OCI distribution specification). Returns the tag. */
export async function retagTestImage(image: string, tag: string): Promise<string> {
  const { host, user, password } = testRegistry()
  const colon = image.lastIndexOf(':')
  const name = image.slice(host.length + 1, colon)
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const manifests = `http://${host}/v2/${name}/manifests`
  const found = await fetch(`${manifests}/${image.slice(colon + 1)}`, {
    headers: { authorization, accept: manifestTypes.join(', ') },
  })
  if (!found.ok) throw new Error(`The registry has no ${image}: ${String(found.status)}`)
  const type = found.headers.get('content-type') ?? ''
  const body = await found.text()
  const put = await fetch(`${manifests}/${tag}`, { method: 'PUT', headers: { authorization, 'content-type': type }, body })
  if (!put.ok) throw new Error(`The registry takes no tag ${tag}: ${String(put.status)} ${await put.text()}`)
  return tag
}
