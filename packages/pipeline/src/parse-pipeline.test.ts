import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePipeline } from './parse-pipeline.ts'
import { applyStep, errorsOf, parseValid, stageYaml } from './test-support.ts'

/** A pipeline that uses everything that works. */
const whole = `pipeline:
  identifier: shop
  name: The shop
  description: Everything that works
  orgIdentifier: acme
  projectIdentifier: shop
  tags: {team: db}
  delegateSelectors: [linux]
  variables:
    - {name: region, type: String, value: "<+input>.default(eu).allowedValues(eu, us)", description: where}
    - name: count
      type: Number
      default: 2
    - {name: pw, type: Secret, value: <+secrets.getValue("org.shop_pw")>}
    - {name: token, type: Secret, value: account.token}
    - {name: branch, type: String, required: true, value: <+input>}
  stages:
    - stage:
        identifier: dev
        name: Development
        type: Custom
        when: {pipelineStatus: All, condition: <+pipeline.variables.region> == "eu"}
        variables: [{name: db, type: String, value: "dev-<+pipeline.variables.region>"}]
        delegateSelectors: ["<+stage.variables.db>"]
        failureStrategies: []
        spec:
          execution:
            rollbackSteps: []
            steps:
              - stepGroup:
                  identifier: g
                  when: {stageStatus: Success}
                  stepGroupInfra: {}
                  failureStrategies: [{onFailure: {errors: [AllErrors], action: {type: MarkAsFailure}}}]
                  steps:
                    - step:
                        identifier: up
                        type: DBSchemaApply
                        timeout: 1h30m
                        delegateSelectors: []
                        failureStrategies: [{onFailure: {errors: [AllErrors], action: {type: Ignore}}}]
                        spec:
                          connectorRef: account.registry
                          migrationType: Liquibase
                          dbSchema: shop
                          dbInstance: <+stage.variables.db>
                          tag: v<+pipeline.sequenceId>
                          resources: {limits: {cpu: 500m, memory: 512Mi}}
                    - parallel:
                        - step: {identifier: a, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: a}}
                        - step: {identifier: b, type: DBSchemaApply, spec: {dbSchema: shop, dbInstance: b}}
              - step:
                  identifier: undo
                  type: DBSchemaRollback
                  when: {stageStatus: Failure}
                  spec: {dbSchema: shop, dbInstance: dev, tag: <+execution.steps.g.steps.up.output.preStartTag>}
              - parallel:
                  - stepGroup: {identifier: h, steps: [{step: {identifier: up, type: DBSchemaApply, spec: {dbSchema: s, dbInstance: i}}}]}
                  - step: {identifier: undo2, type: DBSchemaRollback, spec: {dbSchema: s, dbInstance: i, changeSetCount: <+pipeline.variables.count>}}
`

function lineOf(text: string): number {
  return whole.slice(0, whole.indexOf(text)).split('\n').length
}

test('everything that works is in the model', () => {
  const pipeline = parseValid(whole)
  assert.equal(pipeline.name, 'The shop')
  assert.deepEqual(pipeline.tags, { team: 'db' })
  const [region, count, pw, token, branch] = pipeline.variables
  assert.deepEqual(region?.allowedValues, ['eu', 'us'])
  assert.deepEqual(region?.value, [{ kind: 'text', text: 'eu' }])
  assert.equal(count?.input, true)
  assert.deepEqual(pw?.value, [{ kind: 'secret', ref: 'org.shop_pw' }])
  assert.deepEqual(token?.value, [{ kind: 'secret', ref: 'account.token' }])
  assert.deepEqual([branch?.required, branch?.value], [true, undefined])
  const [stage] = pipeline.stages
  assert.equal(stage?.when.status, 'All')
  const [group, undo, parallel] = stage?.nodes ?? []
  assert.ok(group?.kind === 'group' && undo?.kind === 'step' && parallel?.kind === 'parallel')
  const [up] = group.nodes
  assert.ok(up?.kind === 'step')
  assert.equal(up.timeoutMs, 5_400_000)
  assert.equal(up.ignoreFailure, true)
  assert.ok(up.spec.type === 'DBSchemaApply')
  assert.deepEqual(up.spec.resources, { limits: { cpu: '500m', memory: '512Mi' } })
  assert.deepEqual(up.spec.dbInstance, [
    { kind: 'expression', expression: 'stage.variables.db', place: { line: lineOf('dbInstance: <+stage'), column: 39 } },
  ])
  assert.equal(undo.timeoutMs, 600_000)
  assert.equal(undo.when.status, 'Failure')
})

test('harmless fields leave a note and nothing else', () => {
  const { pipeline, diagnostics } = parsePipeline(`${whole}  notificationRules: [{name: n}]\n`)
  assert.ok(pipeline)
  assert.deepEqual(
    diagnostics.map(({ severity, code, line }) => [severity, code, line]),
    [['note', 'PIPELINE_FIELD_NO_EFFECT', whole.split('\n').length]],
  )
})

test('what is known but not there yet says so, unless it is left empty', () => {
  const cases: [string, string][] = [
    [
      'step: {identifier: x, type: HarnessApproval, spec: {}}',
      '10:43 PIPELINE_NOT_SUPPORTED_YET The type of step "x" "HarnessApproval" is known',
    ],
    ['step: {identifier: x, type: FlywayCommand}', '10:43 PIPELINE_NOT_SUPPORTED_YET'],
    [applyStep('x', '', ', migrationType: Flyway'), 'PIPELINE_NOT_SUPPORTED_YET The migrationType of step "x" "Flyway"'],
    [applyStep('x', ', strategy: {matrix: {a: [1]}}'), 'PIPELINE_NOT_SUPPORTED_YET "strategy"'],
    [applyStep('x', ', template: {templateRef: t}'), 'PIPELINE_NOT_SUPPORTED_YET "template"'],
    [applyStep('x', '', ', changeSetFailureStrategy: MARK_NEXT_RUN'), 'PIPELINE_NOT_SUPPORTED_YET "changeSetFailureStrategy"'],
    [
      applyStep('x', ', failureStrategies: [{onFailure: {errors: [AllErrors], action: {type: Retry}}}]'),
      'PIPELINE_NOT_SUPPORTED_YET',
    ],
    [
      applyStep('x', ', failureStrategies: [{onFailure: {errors: [Timeout], action: {type: Ignore}}}]'),
      'PIPELINE_NOT_SUPPORTED_YET',
    ],
    [
      `stepGroup: {identifier: g, stepGroupInfra: {type: ECSDirect, spec: {connectorRef: k}}, steps: [${applyStep('x').replace(/^/, '{')}}]}`,
      'PIPELINE_NOT_SUPPORTED_YET Running step group "g" on ECSDirect',
    ],
    [
      `stepGroup: {identifier: g, steps: [{stepGroup: {identifier: h}}]}`,
      'PIPELINE_NOT_SUPPORTED_YET A step group inside a step group',
    ],
    [applyStep('x', '', ', tag: <+input>'), 'PIPELINE_NOT_SUPPORTED_YET "tag" of step "x" cannot be a runtime input'],
  ]
  for (const [item, expected] of cases) {
    const errors = errorsOf(stageYaml(`- ${item}`))
    assert.equal(errors.length, 1, `${item}\n${errors.join('\n')}`)
    assert.ok(errors[0]?.includes(expected), `${errors[0]} should have ${expected}`)
  }
  assert.deepEqual(errorsOf(stageYaml(`- ${applyStep('x', ', strategy: {}, template:, failureStrategies: []')}`)), [])
  assert.match(
    errorsOf(stageYaml('- ' + applyStep('x')).replace('type: Custom', 'type: Approval')).join(),
    /"Approval" is known but not supported yet/,
  )
  assert.match(errorsOf('pipeline: {identifier: p, stages: [{parallel: []}]}').join(), /Parallel stages are known/)
})

test('a misspelt field of a Kubernetes step group is told with the nearest name', () => {
  const text = stageYaml(`- stepGroup:
    identifier: g
    stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k, namespce: x}}
    steps: [${applyStep('x').replace(/^/, '{')}}]`)
  const { diagnostics } = parsePipeline(text)
  assert.deepEqual(
    diagnostics.map(({ code, hint }) => [code, hint]),
    [['PIPELINE_UNKNOWN_FIELD', 'Did you mean "namespace"?']],
  )
})

test('all mistakes are found at once, each with its place and a hint', () => {
  const text = `pipeline:
  identifier: 1bad
  naem: x
  stages:
    - stage:
        identifier: s
        type: Custom
        when: {stageStatus: Success}
        spec:
          execution:
            steps:
              - step:
                  identifier: a
                  type: DBSchemaAply
                  timeout: ten minutes
              - step:
                  identifier: b
                  type: DBSchemaRollback
                  spec: {dbSchema: x, dbInstance: y}
              - step:
                  identifier: c
                  type: DBSchemaRollback
                  spec: {dbSchema: x, tag: t, changeSetCount: 0}
              - step:
                  identifier: d
                  type: DBSchemaApply
                  spec: {dbSchema: <+secrets.getValue("x")>, dbInstance: <+pipeline.nme>}
`
  const { pipeline, diagnostics } = parsePipeline(text, { file: 'p.yaml' })
  assert.equal(pipeline, undefined)
  assert.ok(diagnostics.every((diagnostic) => diagnostic.file === 'p.yaml'))
  assert.deepEqual(
    diagnostics.map(({ line, column, code, hint }) => `${line}:${column} ${code} ${hint ?? '-'}`.slice(0, 60)),
    [
      '2:15 PIPELINE_IDENTIFIER Use letters, digits, _ and $, at mo',
      '3:3 PIPELINE_UNKNOWN_FIELD Did you mean "name"?',
      '8:29 PIPELINE_WHEN Write pipelineStatus here.',
      '14:25 PIPELINE_UNKNOWN_VALUE Did you mean "DBSchemaApply"?',
      '15:28 PIPELINE_DURATION Write for example 30s, 10m or 1h30m;',
      '19:25 PIPELINE_ROLLBACK_TARGET Give exactly one of tag and c',
      '23:25 PIPELINE_MISSING_FIELD -',
      '23:25 PIPELINE_ROLLBACK_TARGET Give exactly one of tag and c',
      '23:63 PIPELINE_VALUE -',
      '27:36 PIPELINE_SECRET_NOT_ALLOWED Secrets belong into variab',
    ],
  )
})

test('identifiers are unique where references could not tell them apart', () => {
  const twice = `- ${applyStep('x')}\n- parallel: [{${applyStep('x')}}, {${applyStep('y')}}]`
  assert.match(errorsOf(stageYaml(twice)).join(), /"x" is used twice in stage "s"; the first is in line 10/)
  const groups = `- stepGroup: {identifier: g, steps: [{${applyStep('x')}}]}\n- stepGroup: {identifier: h, steps: [{${applyStep('x')}}]}`
  assert.deepEqual(errorsOf(stageYaml(groups)), [])
  assert.match(
    errorsOf(stageYaml(`- ${applyStep('x')}`, '- {name: v, value: 1}\n- {name: v, value: 2}')).join(),
    /declared twice/,
  )
})

test('structure that cannot be meant is an error', () => {
  const cases: [string, RegExp][] = [
    ['', /nothing in the text/],
    ['- a', /has to be a mapping/],
    ['pipeline: 5', /"pipeline" has to be a mapping/],
    ['pipelne: {}', /cannot stand beside/],
    ['pipeline: {identifier: p}', /no stages/],
    ['pipeline: {identifier: p, stages: {}}', /has to be a list/],
    ['pipeline: {identifier: p, stages: [{stage: {identifier: s, type: Custom}}]}', /no steps in stage "s"/],
    ['a: 1\n---\nb: 2', /one YAML document/],
    [stageYaml('- stp: {}'), /no kind of step/],
    [stageYaml('- {step: {}, parallel: []}'), /exactly one key/],
    [stageYaml('- parallel: []'), /is empty/],
    [stageYaml(`- parallel: [{parallel: [{${applyStep('x')}}]}]`), /directly in another/],
    [stageYaml(`- ${applyStep('x')}`).replace('shop', '"a\\0b"'), /NUL/],
    [stageYaml(`- ${applyStep('x', ', name: <+pipeline.name>')}`), /cannot hold an expression/],
    [stageYaml('- step: {identifier: x, type: DBSchemaApply, spec: {dbSchema: [a], dbInstance: ""}}'), /has to be a text/],
  ]
  for (const [text, expected] of cases) assert.match(errorsOf(text).join('\n'), expected)
})

test('secrets are refused everywhere but in variables of type Secret', () => {
  const secret = '<+secrets.getValue("pw")>'
  for (const field of ['dbSchema', 'dbInstance', 'tag', 'connectorRef']) {
    const fields = { dbSchema: 'a', dbInstance: 'b', [field]: `'x${secret}'` }
    const spec = Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')
    const errors = errorsOf(stageYaml(`- step: {identifier: x, type: DBSchemaApply, spec: {${spec}}}`))
    assert.equal(errors.length, 1, errors.join('\n'))
    assert.match(errors[0] ?? '', /PIPELINE_SECRET_NOT_ALLOWED/)
  }
  const condition = `, when: {condition: '${secret} == "x"'}`
  assert.match(errorsOf(stageYaml(`- ${applyStep('x', condition)}`)).join(), /PIPELINE_SECRET_NOT_ALLOWED/)
  const inString = `- {name: v, type: String, value: '${secret}'}`
  assert.match(errorsOf(stageYaml(`- ${applyStep('x')}`, inString)).join(), /PIPELINE_SECRET_NOT_ALLOWED/)
  const variable = `- {name: v, type: Secret, value: '${secret}'}`
  assert.deepEqual(errorsOf(stageYaml(`- ${applyStep('x')}`, variable)), [])
  assert.match(
    errorsOf(stageYaml(`- ${applyStep('x', '', ', tag: <+pipeline.variables.v>')}`, variable)).join(),
    /cannot hold a secret, and the variable "v" is one/,
  )
  assert.match(
    errorsOf(stageYaml(`- ${applyStep('x')}`, '- {name: v, type: Secret, value: "p4ss word"}')).join(),
    /does not name one secret/,
  )
})

test('an expression that ends at its first > is warned of', () => {
  const { diagnostics } = parsePipeline(stageYaml(`- ${applyStep('x', '', ", tag: '<+pipeline.sequenceId > 5>'")}`))
  assert.deepEqual(
    diagnostics.map(({ severity, code }) => [severity, code]),
    [['warning', 'EXPRESSION_CLOSED_EARLY']],
  )
})

test('places inside block texts point into them', () => {
  const text = stageYaml(`- step:
    identifier: x
    type: DBSchemaApply
    spec:
      dbSchema: a
      dbInstance: b
      tag: >-
        one
        two<+pipeline.nme>`)
  const [error] = errorsOf(text)
  assert.match(error ?? '', /^18:\d+ EXPRESSION_REFERENCE/)
})

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => new TextDecoder().decode(array))
const mutated = fc
  .array(
    fc.record({
      at: fc.nat(whole.length),
      remove: fc.nat(12),
      insert: fc.oneof(
        fc.constantFrom(
          '<+',
          '>',
          ':',
          '- ',
          '\n',
          '  ',
          '"',
          "'",
          '[',
          ']',
          '{',
          '}',
          '&a ',
          '*a',
          '#',
          '!',
          '|',
          '<+input>',
          '\0',
          '\t',
          '---\n',
        ),
        fc.string({ maxLength: 4 }),
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((edits) => edits.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), whole))

test('any text gives a model or at least one error, and places that are in the text', () => {
  fc.assert(
    fc.property(fc.oneof(bytes, mutated, mutated), (text) => {
      const { pipeline, diagnostics } = parsePipeline(text)
      assert.equal(
        pipeline === undefined,
        diagnostics.some((diagnostic) => diagnostic.severity === 'error'),
      )
      const lines = text.split('\n').length
      for (const { line, column, message } of diagnostics) {
        assert.ok(line === undefined || (line >= 1 && line <= lines + 1), `${line} of ${lines}: ${message}`)
        assert.ok(column === undefined || column >= 1, message)
      }
      if (pipeline !== undefined) assert.deepEqual(JSON.parse(JSON.stringify(pipeline)), pipeline)
    }),
    { numRuns: 200 },
  )
})
