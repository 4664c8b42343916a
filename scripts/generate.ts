// Writes the pages of docs/ that are made from the sources. tests/architecture checks that they are fresh.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { renderErrorsPage } from './errors-page.ts'

const root = resolve(import.meta.dirname, '..')
writeFileSync(join(root, 'docs/errors.md'), renderErrorsPage(root))
