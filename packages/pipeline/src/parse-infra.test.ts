import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GroupInfra } from './model.ts'
import { parsePipeline } from './parse-pipeline.ts'
import { applyStep, errorsOf, parseValid, stageYaml } from './test-support.ts'

function groupWith(spec: string, steps = `{${applyStep('x')}}`, more = ''): string {
  const indented = spec.trimEnd().replaceAll('\n', '\n        ')
  return stageYaml(`- stepGroup:
    identifier: g${more}
    stepGroupInfra:
      type: KubernetesDirect
      spec:
        ${indented}
    steps: [${steps}]`)
}

function infraOf(text: string): GroupInfra {
  const [node] = parseValid(text).stages[0]?.nodes ?? []
  assert.ok(node?.kind === 'group' && node.infra !== undefined)
  return node.infra
}

const text = (value: string) => [{ kind: 'text', text: value }]

test('every field of KubernetesDirect is read', () => {
  const infra = infraOf(
    groupWith(
      `connectorRef: k8s
namespace: jobs
serviceAccountName: runner
automountServiceAccountToken: false
initTimeout: 90s
nodeSelector: {disk: ssd}
tolerations: [{key: dedicated, operator: Equal, value: db, effect: NoSchedule, tolerationSeconds: 60}]
labels: {team: data}
annotations: {note: "a b"}
priorityClassName: high
containerSecurityContext: {runAsGroup: 7, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
runAsUser: 1000
runAsNonRoot: true
os: Linux
resources: {limits: {cpu: 500m, memory: 1Gi}, requests: {cpu: 100m}}
hostNames: [db.local]
imagePullPolicy: Always
harnessImageConnectorRef: account.images
volumes:
  - {mountPath: /cache, type: EmptyDir, spec: {medium: Memory, size: 64Mi}}
  - {mountPath: /host, type: HostPath, spec: {path: /var/data, type: Directory}}
  - {mountPath: /claim, type: PersistentVolumeClaim, spec: {claimName: data, readOnly: true}}
  - {mountPath: /config, type: ConfigMap, spec: {configMapName: settings}}`,
      undefined,
      '\n    sharedPaths: [/shared]',
    ),
  )
  assert.deepEqual(infra, {
    type: 'KubernetesDirect',
    connectorRef: text('k8s'),
    namespace: text('jobs'),
    serviceAccountName: text('runner'),
    priorityClassName: text('high'),
    imageConnectorRef: text('account.images'),
    nodeSelector: { disk: text('ssd') },
    labels: { team: text('data') },
    annotations: { note: text('a b') },
    options: {
      automountServiceAccountToken: false,
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule', tolerationSeconds: 60 }],
      containerSecurityContext: {
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        runAsGroup: 7,
        capabilities: { drop: ['ALL'] },
      },
      runAsUser: 1000,
      os: 'Linux',
      resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m' } },
      volumes: [
        { type: 'EmptyDir', mountPath: '/cache', medium: 'Memory', size: '64Mi' },
        { type: 'HostPath', mountPath: '/host', path: '/var/data', hostPathType: 'Directory' },
        { type: 'PersistentVolumeClaim', mountPath: '/claim', claimName: 'data', readOnly: true },
        { type: 'ConfigMap', mountPath: '/config', configMapName: 'settings' },
      ],
      hostNames: ['db.local'],
      imagePullPolicy: 'Always',
      sharedPaths: ['/shared'],
      initTimeoutMs: 90_000,
    },
  })
})

test('a pod’s defaults are few, and a group without an infra has none', () => {
  assert.deepEqual(infraOf(groupWith('connectorRef: k8s')).options, { initTimeoutMs: 480_000 })
  const [node] =
    parseValid(stageYaml(`- stepGroup: {identifier: g, stepGroupInfra: {}, steps: [{${applyStep('x')}}]}`)).stages[0]?.nodes ?? []
  assert.ok(node?.kind === 'group')
  assert.equal(node.infra, undefined)
})

test('every mistake in an infra is told at once, with its place', () => {
  const errors = errorsOf(
    groupWith(`namspace: x
os: Windows
initTimeout: soon
labels: {sluice.dev/attempt: x}
runAsUser: -1
resources: {limits: {cpu: lots}}
volumes: [{mountPath: /sluice/x, type: EmptyDir}, {mountPath: rel, type: HostPath, spec: {path: /../x}}, {mountPath: /s, type: Tape}]
sharedPath: [/x]
podSpecOverlay: "x"
tolerations: [{effect: Never}]`),
  )
  const expected = [
    'needs "connectorRef"',
    'has no field "namspace"',
    '"Windows" is known but not supported yet',
    '"initTimeout" of step group "g" cannot be "soon"',
    '"sluice.dev/attempt" in "labels" of step group "g" is reserved',
    '"runAsUser" of step group "g" has to be a whole number',
    '"cpu" of step group "g" cannot be "lots"',
    'cannot be mounted at "/sluice/x"',
    'needs "mountPath": an absolute path',
    'The type of a volume of step group "g" cannot be "Tape"',
    'has no field "sharedPath"',
    '"podSpecOverlay" of step group "g" has to be a mapping, but it is a text',
    'a toleration of step group "g" cannot be "Never"',
  ]
  for (const part of expected)
    assert.ok(
      errors.some((error) => error.includes(part)),
      `${part}\n${errors.join('\n')}`,
    )
  assert.ok(errors.every((error) => /^[0-9]+:[0-9]+ /.test(error)))
})

test('shared paths stay out of what is ours and the system’s', () => {
  for (const path of ['/sluice', '/sluice/ctl', '/proc/x', 'relative', '/a/../b', '/']) {
    const found = errorsOf(groupWith('connectorRef: k', undefined, `\n    sharedPaths: ["${path}"]`))
    assert.equal(found.length, 1, `${path} ${found.join()}`)
  }
})

test('expressions work in names and labels, and references are checked', () => {
  const infra = infraOf(
    groupWith('connectorRef: <+pipeline.variables.cluster>\nlabels: {run: <+pipeline.executionId>}').replace(
      '  stages:',
      '  variables: [{name: cluster, type: String, value: k8s}]\n  stages:',
    ),
  )
  assert.equal(infra.labels?.['run']?.[0]?.kind, 'expression')
  assert.match(errorsOf(groupWith('connectorRef: <+pipeline.variables.nope>')).join(), /no variable "nope"/)
  assert.match(errorsOf(groupWith('connectorRef: <+secrets.getValue("x")>')).join(), /cannot hold a secret/)
})

test('a script in a pod needs an image, and one on the host has no use for it', () => {
  const run = (spec: string) => `{step: {identifier: r, type: Run, spec: {command: ls${spec}}}}`
  assert.match(errorsOf(groupWith('connectorRef: k', run(''))).join(), /needs "image", because its group runs in a pod/)
  assert.deepEqual(errorsOf(groupWith('connectorRef: k', run(', image: busybox, runAsUser: 1000'))), [])
  const onHost = errorsOf(stageYaml(`- ${run(', image: busybox, connectorRef: c').slice(1, -1)}`)).join()
  assert.match(onHost, /names "image", "connectorRef", but it runs as a process of its delegate/)
  assert.deepEqual(parsePipeline(stageYaml(`- ${run('').slice(1, -1)}`)).diagnostics, [])
})

test('a group asks for no value in the cluster’s storage, and cannot ask for less than others do', () => {
  const modeOf = (mode: string) => infraOf(groupWith('connectorRef: k', undefined, `\n    secrets: ${mode}`)).options.secretMode
  assert.deepEqual(['runtime', 'kubernetes', '""'].map(modeOf), ['runtime', undefined, undefined])
  const [wrong] = errorsOf(groupWith('connectorRef: k', undefined, '\n    secrets: vault'))
  assert.match(wrong ?? '', /PIPELINE_UNKNOWN_VALUE "secrets" of step group "g" cannot be "vault"/)
  const asProcess = stageYaml(`- stepGroup: {identifier: g, secrets: runtime, steps: [{${applyStep('x')}}]}`)
  const { diagnostics } = parsePipeline(asProcess, { file: 'p.yaml' })
  assert.deepEqual(
    diagnostics.map(({ code, message }) => [code, message]),
    [['PIPELINE_FIELD_NO_EFFECT', '"secrets" of step group "g" has an effect in pods only.']],
  )
})
