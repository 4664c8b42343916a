import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageOf, root, sourceFiles } from './source-files.ts'

interface PackageJson {
  readonly name?: string
  readonly version?: string
  readonly private?: boolean
  readonly license?: string
  readonly description?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const read = (path: string): PackageJson => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as PackageJson
const rootPackage = read('.')
const units = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}`)
    .filter((unit) => existsSync(join(root, unit, 'package.json'))),
)

/** Packages that a unit's tools load by name in a way no import shows. */
const loadedByName = new Set(['@fontsource', 'typescript'])

for (const unit of units) {
  const manifest = read(unit)
  const shipped = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))
  const forTests = new Set(
    Object.keys({ ...manifest.devDependencies, ...rootPackage.devDependencies, ...rootPackage.dependencies }),
  )
  // Nothing of the testkit ships: it needs its own dependencies only where tests run.
  const isTestOnly = unit === 'packages/testkit'
  const files = sourceFiles.filter((file) => file.unit === unit)

  test(`${unit} lists what it imports`, () => {
    const missing = files.flatMap((file) => {
      const isConfig = !file.path.startsWith(`${unit}/src/`)
      return file.imports.flatMap(({ specifier, line }) => {
        const name = packageOf(specifier)
        if (name === undefined || name === manifest.name || shipped.has(name)) return []
        const typesOf = forTests.has(`@types/${name.replace('@', '').replace('/', '__')}`) && !forTests.has(name)
        // Which of ours a test may import is the import table's business.
        if (file.isTest && name.startsWith('@sluice/')) return []
        const isFine = (file.isTest || isConfig || isTestOnly) && forTests.has(name) && !typesOf
        return isFine ? [] : [`${file.path}:${line} imports ${name}`]
      })
    })
    assert.deepEqual(missing, [])
  })

  test(`${unit} imports what it lists`, () => {
    const used = new Set(files.flatMap((file) => file.imports.map(({ specifier }) => packageOf(specifier))))
    const listed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    assert.deepEqual(
      listed.filter((name) => !used.has(name) && !loadedByName.has(name.split('/')[0] ?? name) && !name.startsWith('@types/')),
      [],
    )
  })

  test(`${unit} says what it is, in package.json and README.md`, () => {
    assert.equal(manifest.private, true)
    assert.equal(manifest.license, 'Apache-2.0')
    assert.equal(manifest.version, rootPackage.version)
    assert.ok((manifest.description ?? '').length > 10)
    assert.ok(existsSync(join(root, unit, 'README.md')), `${unit}/README.md is missing`)
  })
}

test('one version of each dependency, pinned exactly', () => {
  const seen = new Map<string, string>()
  for (const unit of ['.', ...units]) {
    const manifest = read(unit)
    for (const [name, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    })) {
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${unit}: ${name} is not pinned`)
      assert.equal(seen.get(name) ?? version, version, `${name} has two versions; ${unit} is one`)
      seen.set(name, version)
    }
  }
})
