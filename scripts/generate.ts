// Writes the pages of docs/ that are made from the sources. Tests check that they are fresh.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createOpenApi, publicEndpoints } from '@sluice/contract'
import { openHelmTools } from '../packaging/helm-tools.ts'
import { plainManifests, renderPlainManifest } from '../packaging/render-chart.ts'
import { renderConformancePage } from '../tests/conformance/page.ts'
import { renderErrorsPage } from './errors-page.ts'
import { renderArchitecture } from './imports-table.ts'

const root = resolve(import.meta.dirname, '..')
writeFileSync(join(root, 'docs/errors.md'), renderErrorsPage(root))
writeFileSync(join(root, 'docs/conformance.md'), renderConformancePage())
writeFileSync(join(root, 'ARCHITECTURE.md'), renderArchitecture(root))
const { version } = JSON.parse(readFileSync(join(root, 'packages/contract/package.json'), 'utf8')) as { version: string }
writeFileSync(
  join(root, 'docs/openapi.json'),
  `${JSON.stringify(createOpenApi({ version, endpoints: publicEndpoints }), null, 2)}\n`,
)

const tools = await openHelmTools()
if (tools === undefined) process.stderr.write('No Helm here: packaging/manifests stays as it is (SLUICE_TEST_HELM names one).\n')
else {
  for (const name of Object.keys(plainManifests) as (keyof typeof plainManifests)[]) {
    writeFileSync(join(root, 'packaging/manifests', name), await renderPlainManifest(tools, name))
  }
}
