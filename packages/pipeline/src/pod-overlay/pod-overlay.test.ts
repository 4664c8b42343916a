import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Lookup } from '../expression.ts'
import type { JsonValue, OverlayTemplate } from '../model.ts'
import { parsePipeline } from '../parse-pipeline.ts'
import { applyStep, errorsOf, parseValid, stageYaml } from '../test-support.ts'
import { checkPodOverlay } from './check-pod-overlay.ts'
import { evaluatePodOverlay } from './evaluate-pod-overlay.ts'

/** A pipeline whose group has this field; in lines of their own, from line 19 on. */
function withOverlay(field: string, variables = '[{name: grace, type: Number, value: 300}]'): string {
  const text = stageYaml(`- stepGroup:
    identifier: g
    stepGroupInfra:
      type: KubernetesDirect
      spec:
        connectorRef: k8s
        ${field.replaceAll('\n', '\n        ')}
    steps: [{${applyStep('x')}}]`)
  return text.replace('  stages:', `  variables: ${variables}\n  stages:`)
}

function overlayOf(text: string): OverlayTemplate {
  const [node] = parseValid(text).stages[0]?.nodes ?? []
  assert.ok(node?.kind === 'group' && node.infra?.podSpecOverlay !== undefined)
  return node.infra.podSpecOverlay
}

const lookupIn =
  (values: Readonly<Record<string, JsonValue>>): Lookup =>
  (path) => {
    const name = path.join('.')
    return Object.hasOwn(values, name) ? { ok: true, value: values[name] ?? null } : { ok: false, message: `no ${name}` }
  }

const valueOf = (text: string, values: Readonly<Record<string, JsonValue>> = {}) =>
  evaluatePodOverlay(overlayOf(text), lookupIn(values))

/** Line, column and message of every error. */
const lineOf = (text: string, part: string): number => text.split('\n').findIndex((line) => line.includes(part)) + 1

describe('a pod overlay', () => {
  it('is a text of YAML or a mapping, with or without "spec"', () => {
    const expected = { terminationGracePeriodSeconds: 300, hostAliases: [{ ip: '10.0.0.1', hostnames: ['db.local'] }] }
    const inner = 'terminationGracePeriodSeconds: 300\nhostAliases: [{ip: 10.0.0.1, hostnames: [db.local]}]'
    const indented = inner.replaceAll(/^/gm, '  ')
    for (const field of [
      `podSpecOverlay: |\n${indented}`,
      `podSpecOverlay: |\n  spec:\n${indented.replaceAll(/^/gm, '  ')}`,
      `podSpecOverlay:\n  spec:\n${indented.replaceAll(/^/gm, '  ')}`,
      `podSpecOverlay:\n${indented}`,
      'podSpecOverlay: "{terminationGracePeriodSeconds: 300, hostAliases: [{ip: 10.0.0.1, hostnames: [db.local]}]}"',
    ])
      assert.deepEqual(valueOf(withOverlay(field)), expected, field)
    for (const field of [
      'podSpecOverlay: ""',
      'podSpecOverlay: {}',
      'podSpecOverlay: |\n  # nothing',
      'podSpecOverlay: {spec: }',
    ]) {
      const { pipeline, diagnostics } = parsePipeline(withOverlay(field))
      assert.deepEqual(diagnostics, [])
      const [node] = pipeline?.stages[0]?.nodes ?? []
      assert.ok(node?.kind === 'group' && node.infra?.podSpecOverlay === undefined, field)
    }
  })

  it('holds expressions in its values: without quotes they are numbers where they look like it, and never more than a value', () => {
    const text = withOverlay(`podSpecOverlay: |
  terminationGracePeriodSeconds: <+pipeline.variables.grace>
  nodeSelector:
    disk: "<+pipeline.variables.grace>"
    zone: eu-<+pipeline.variables.grace>
  schedulerName: <+pipeline.executionId>`)
    const injected = 'x\nhostPID: true'
    assert.deepEqual(valueOf(text, { 'pipeline.variables.grace': '300', 'pipeline.executionId': injected }), {
      terminationGracePeriodSeconds: 300,
      nodeSelector: { disk: '300', zone: 'eu-300' },
      schedulerName: injected,
    })
    assert.throws(() => valueOf(text, { 'pipeline.variables.grace': ['x'], 'pipeline.executionId': '' }), /list or a mapping/)
  })

  it('may be one expression, whose value is YAML: then it is read when it is known', () => {
    const text = withOverlay('podSpecOverlay: <+pipeline.variables.overlay>', '[{name: overlay, type: String, value: ""}]')
    const read = (value: JsonValue) => valueOf(text, { 'pipeline.variables.overlay': value })
    assert.deepEqual(read('spec:\n  hostname: a\n'), { hostname: 'a' })
    assert.deepEqual(read('hostname: <+pipeline.executionId>'), { hostname: '<+pipeline.executionId>' })
    assert.equal(read(''), undefined)
    assert.throws(() => read('hostname: [a'), /\(line 1 of the value\)/)
    assert.throws(() => read('a\nb: c\n- d'), /"podSpecOverlay": .* \(line \d of the value\)/)
    assert.throws(() => read(5), /has to be a text of YAML/)
  })

  it('is checked where it is written: every mistake at once, with its line, column and hint', () => {
    const text = withOverlay(`podSpecOverlay: |
  spec:
    hostPID: true
    initContainers: [{name: x, image: y}]
    toleratons: []
    terminationGracePeriodSeconds: soon
    containers:
      - name: runner
        image: other
        env: [{name: A, value: b}]
      - {name: runner}
      - {resources: {}}
    securityContext: {runAsUser: 0, runAsGroup: 5}
    serviceAccountName: admin
    affinity: {$patch: replace}
    nodeSelector: {disk: true}`)
    const { diagnostics } = parsePipeline(text)
    const expected: [string, RegExp, RegExp?][] = [
      ['hostPID', /"spec.hostPID" is not an overlay's to set/, /kept from each other/],
      ['initContainers', /"spec.initContainers" is not/, /the containers of its steps/],
      ['toleratons', /"spec.toleratons" is no field/, /Did you mean "tolerations"/],
      ['terminationGrace', /"spec.terminationGracePeriodSeconds" has to be a whole number, but it is the text "soon"/],
      ['image: other', /"spec.containers\[0\].image" is not/, /Run step/],
      ['env: [', /"spec.containers\[0\].env" is not/],
      ['- {name: runner}', /two items whose "name" is "runner"/],
      ['- {resources', /"spec.containers\[2\]" needs "name"/],
      ['runAsUser: 0', /"spec.securityContext.runAsUser" is not/],
      ['runAsUser: 0', /"spec.securityContext.runAsGroup" is not/, /containerSecurityContext/],
      ['serviceAccountName', /"spec.serviceAccountName" is not/, /serviceAccountName of stepGroupInfra/],
      ['$patch', /"spec.affinity.\$patch" is a directive/],
      ['disk: true', /"spec.nodeSelector.disk" has to be a text, but it is true/, /quotes/],
    ]
    for (const [line, message, hint] of expected) {
      const found = diagnostics.find((diagnostic) => message.test(diagnostic.message))
      assert.ok(found, `${message}\n${diagnostics.map((diagnostic) => diagnostic.message).join('\n')}`)
      assert.equal(found.code, 'POD_OVERLAY_INVALID')
      assert.equal(found.line, lineOf(text, line), found.message)
      if (hint !== undefined) assert.match(found.hint ?? '', hint)
    }
    assert.equal(diagnostics.length, expected.length, diagnostics.map(({ message }) => message).join('\n'))
    const [pid] = diagnostics.filter(({ message }) => message.includes('hostPID'))
    assert.equal(pid?.column, (text.split('\n')[(pid?.line ?? 1) - 1] ?? '').indexOf('hostPID') + 1)
  })

  it('that is no YAML, or cannot be meant, is told with its place', () => {
    const cases: [string, RegExp][] = [
      ['podSpecOverlay: |\n  hostname: a\n  subdomain: [x', /^20:\d+ YAML_SYNTAX /],
      ['podSpecOverlay: |\n  hostname: a\n  hostname: b', /^19:23 YAML_DUPLICATE_KEY .*is in line 18/],
      ['podSpecOverlay: |\n  hostname: a\n  ---\n  hostname: b', /two YAML documents/],
      ['podSpecOverlay: "a: 1"', /^17:\d+ POD_OVERLAY_INVALID .*"spec.a" is no field/],
      ['podSpecOverlay: [a]', /has to be a mapping, but it is a list/],
      ['podSpecOverlay: |\n  spec: [a]', /"spec" in .* has to be a mapping/],
      ['podSpecOverlay: |\n  spec: {}\n  metadata: {labels: {a: b}}', /^19:\d+ .*has "metadata" beside "spec"/],
      [
        'podSpecOverlay: |\n  volumes: [{name: v, secret: {secretName: s, defaultMode: 0400}}]',
        /^18:\d+ .*"0400" can be read in two ways/,
      ],
      ['podSpecOverlay: |\n  hostname: <+pipeline.variables.nope>', /^18:\d+ .*no variable "nope"/],
      ['podSpecOverlay: |\n  hostname: <+secrets.getValue("x")>', /^18:\d+ .*cannot hold a secret/],
      ['podSpecOverlay: |\n  nodeSelector: {<+pipeline.name>: x}', /^18:\d+ .*a key cannot hold an expression/],
      ['podSpecOverlay: <+secrets.getValue("x")>', /cannot hold a secret/],
    ]
    for (const [field, message] of cases) {
      const errors = errorsOf(withOverlay(field))
      assert.ok(
        errors.some((error) => message.test(error)),
        `${field}\n${String(message)}\n${errors.join('\n')}`,
      )
    }
  })

  it('is bounded', () => {
    const many = Array.from({ length: 2100 }, (_, index) => `k${index}: v`).join(', ')
    assert.match(errorsOf(withOverlay(`podSpecOverlay: |\n  nodeSelector: {${many}}`)).join(), /more than 2000 values/)
    assert.match(errorsOf(withOverlay(`podSpecOverlay: "${'#'.repeat(70_000)}"`)).join(), /more than 65536 characters/)
    const bomb = ['a: &a {x: y}', ...'bcdef'.split('').map((name, i) => `${name}: &${name} [${`*${'abcde'[i]},`.repeat(5)}]`)]
    assert.match(
      errorsOf(withOverlay(`podSpecOverlay: |\n${bomb.join('\n').replaceAll(/^/gm, '  ')}`)).join(),
      /more than 2000 values/,
    )
    let deep: unknown = 'x'
    for (let level = 0; level < 100; level++) deep = { deep }
    assert.match(checkPodOverlay({ affinity: deep })[0]?.message ?? '', /16 levels/)
    assert.match(checkPodOverlay({ schedulerName: 'x'.repeat(70_000) })[0]?.message ?? '', /65536 characters/)
  })

  it('of any text never crashes, and gives an overlay or errors', () => {
    const piece = fc.constantFrom(
      'spec:',
      'hostname: a',
      '- b',
      'containers:',
      '  - name: runner',
      '{',
      '}',
      '[',
      '|',
      '<+pipeline.executionId>',
      '&a',
      '*a',
      '"',
      ': ',
      '---',
      '0400',
      'null',
      '!!x',
    )
    const text = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('\n')),
    )
    fc.assert(
      fc.property(text, (overlay) => {
        const { pipeline, diagnostics } = parsePipeline(withOverlay(`podSpecOverlay: ${JSON.stringify(overlay)}`))
        assert.ok(pipeline !== undefined || diagnostics.some(({ severity }) => severity === 'error'))
      }),
      { numRuns: 300 },
    )
  })

  it('of any JSON never crashes the check', () => {
    const key = fc.constantFrom(
      'spec',
      'containers',
      'name',
      'volumes',
      'securityContext',
      'sysctls',
      'hostAliases',
      'ip',
      '__proto__',
      'x',
    )
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, undefined, true, 1, 'a'),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(key, tie('json'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(json, (value) => {
        for (const { message } of checkPodOverlay(value)) assert.match(message, /\.$/)
      }),
    )
  })
})
