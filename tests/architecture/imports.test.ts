import assert from 'node:assert/strict'
import { test } from 'node:test'
import table from './allowed-imports.json' with { type: 'json' }
import { findCycles, resolveRelative, sourceFiles, unitOf } from './source-files.ts'

const layers: Readonly<Record<string, readonly string[]>> = { ...table.packages, ...table.apps }
const testImports: Readonly<Record<string, readonly string[]>> = table.testImports
const pure = new Set(table.pure.map((name) => `packages/${name}`))

const nameOf = (unit: string): string => unit.split('/')[1] ?? unit
const isLayered = (unit: string): boolean => unit.startsWith('packages/') || unit.startsWith('apps/')

test('every package and app has its row in the import table', () => {
  const units = new Set(sourceFiles.map(({ unit }) => unit).filter(isLayered))
  const missing = [...units].filter((unit) => unit !== 'packages/testkit' && layers[nameOf(unit)] === undefined)
  assert.deepEqual(missing, [])
})

test('packages import only what the table allows', () => {
  const wrong = sourceFiles
    .filter(({ unit }) => isLayered(unit))
    .flatMap((file) => {
      const name = nameOf(file.unit)
      const allowed = new Set(['base', name, ...(layers[name] ?? [])])
      if (file.isTest) for (const extra of ['testkit', ...(testImports[name] ?? [])]) allowed.add(extra)
      return file.imports.flatMap(({ specifier, line }) => {
        const unit = unitOf(specifier)
        if (unit === undefined) return []
        const isFine = name === 'testkit' ? !unit.startsWith('apps/') : allowed.has(nameOf(unit))
        return isFine ? [] : [`${file.path}:${line} imports ${specifier}`]
      })
    })
  assert.deepEqual(wrong, [])
})

test('packages are imported by their name alone, never by a path into them', () => {
  const wrong = sourceFiles
    .filter(({ unit }) => isLayered(unit))
    .flatMap((file) =>
      file.imports.flatMap(({ specifier, line }) => {
        const leaves = specifier.startsWith('.') && !resolveRelative(file, specifier).startsWith(`${file.unit}/`)
        const isDeep = /^@sluice\/[^/]+\//.test(specifier)
        return leaves || isDeep ? [`${file.path}:${line} imports ${specifier}`] : []
      }),
    )
  assert.deepEqual(wrong, [])
})

test('nothing that ships imports the testkit, and the control plane reaches no database engine and no secret', () => {
  const reach = (name: string, seen = new Set<string>()): Set<string> => {
    for (const next of layers[name] ?? []) {
      if (seen.has(next)) continue
      seen.add(next)
      reach(next, seen)
    }
    return seen
  }
  for (const forbidden of ['engine', 'databases', 'executor', 'secrets', 'testkit']) {
    assert.ok(!reach('server').has(forbidden), `server reaches ${forbidden}`)
  }
  for (const forbidden of ['engine', 'databases', 'testkit'])
    assert.ok(!reach('delegate').has(forbidden), `delegate reaches ${forbidden}`)
  for (const name of Object.keys(layers)) assert.ok(!reach(name).has('testkit'), `${name} reaches testkit`)
})

test('pure packages use nothing of Node', () => {
  const wrong = sourceFiles
    .filter((file) => pure.has(file.unit) && !file.isTest)
    .flatMap((file) => [
      ...file.imports
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
      ...(/(?<![\w.'"`/-])(?:process\.(?:env|cwd|argv|nextTick|exit)|Buffer\.(?:from|alloc|concat)|__dirname)\b/.test(file.code)
        ? [`${file.path} uses process or Buffer`]
        : []),
    ])
  assert.deepEqual(wrong, [])
})

test('packages do not import each other in a circle', () => {
  const graph = new Map<string, string[]>()
  for (const file of sourceFiles) {
    if (file.isTest || !isLayered(file.unit)) continue
    const edges = graph.get(file.unit) ?? []
    for (const { specifier } of file.imports) {
      const unit = unitOf(specifier)
      if (unit !== undefined && unit !== file.unit) edges.push(unit)
    }
    graph.set(file.unit, edges)
  }
  assert.deepEqual(
    findCycles(graph).map((cycle) => cycle.join(' → ')),
    [],
  )
})

test('files do not import each other in a circle', () => {
  const graph = new Map(
    sourceFiles.map((file) => [
      file.path,
      // Types alone are gone when the program runs.
      file.imports
        .filter(({ specifier, isType }) => specifier.startsWith('.') && !isType)
        .map(({ specifier }) => resolveRelative(file, specifier)),
    ]),
  )
  assert.deepEqual(
    findCycles(graph).map((cycle) => cycle.join(' → ')),
    [],
  )
})
