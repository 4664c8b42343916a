import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ExecutionView } from '@sluice/contract'
import { failuresOf, stepOf } from '../support/execution-steps.ts'
import { type Installation, openInstallation } from '../support/installation.ts'

const pipeline = (name: string, steps: string): string => `
pipeline:
  identifier: ${name}
  orgIdentifier: default
  projectIdentifier: default
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: host
                  steps:
${steps}`

const steps = `                    - step:
                        identifier: first
                        type: Run
                        spec:
                          command: |
                            WORD="from the first"
                            HIDDEN=hidden-value-5150
                            echo "token $TOKEN"
                          envVariables: {TOKEN: <+secrets.getValue("token")>}
                          outputVariables: [{name: WORD}, {name: HIDDEN, type: Secret}]
                    - step:
                        identifier: second
                        type: Run
                        spec:
                          command: |
                            echo "<+execution.steps.host.steps.first.output.outputVariables.WORD>"
                            test <+execution.steps.host.steps.first.output.outputVariables.HIDDEN> = hidden-value-5150 && echo same
                            echo hidden-value-5150
`

describe('scripts on the delegate’s host', () => {
  let installation: Installation
  before(async () => {
    installation = await openInstallation({ policy: () => 'allowScripts: true\n' })
    await installation.startDelegate()
    await installation.apply(
      `secret: { identifier: token, orgIdentifier: default, projectIdentifier: default, spec: { provider: sealed } }\n---${pipeline('scripts', steps)}`,
    )
  })
  after(() => installation[Symbol.asyncDispose]())
  const logOf = (view: ExecutionView, identifier: string): Promise<string> =>
    installation.readWholeLog(view.id, stepOf(view, identifier).stepRunId)

  it('are not given a sealed secret that was not sealed for their pipeline', async () => {
    await installation.setSecret('token', 'sealed-token-808', ['pipeline://default/default/another'])
    const view = await installation.waitForExecution(await installation.run('scripts'))
    assert.equal(view.state, 'Failed')
    assert.match(failuresOf(view), /token/)
    assert.ok(!JSON.stringify(view).includes('sealed-token-808'))
  })

  it('pass outputs on, also secret ones, which nobody sees', async () => {
    await installation.setSecret('token', 'sealed-token-808', ['pipeline://default/default/*'])
    const view = await installation.waitForExecution(await installation.run('scripts'))
    assert.equal(
      view.state,
      'Succeeded',
      `${failuresOf(view)}\n${await logOf(view, 'first')}\n${await logOf(view, 'second').catch(String)}`,
    )
    assert.deepEqual(stepOf(view, 'first').outputs, { WORD: 'from the first' })
    const [first, second] = await Promise.all([logOf(view, 'first'), logOf(view, 'second')])
    assert.match(first, /token \*+\n/)
    assert.match(second, /from the first\n[^]*same\n[^]* \*+\n/)
    for (const text of [first, second, JSON.stringify(view)]) {
      assert.ok(!text.includes('sealed-token-808') && !text.includes('hidden-value-5150'))
    }
  })

  it('are refused by a delegate whose policy does not allow them', async () => {
    const strict = await openInstallation({ policy: () => 'targets: ["*"]\n' })
    try {
      await strict.startDelegate()
      await strict.apply(
        pipeline('refused', '                    - step: {identifier: x, type: Run, spec: {command: "touch /nowhere"}}\n'),
      )
      const view = await strict.waitForExecution(await strict.run('refused'))
      assert.equal(view.state, 'Failed')
      assert.match(failuresOf(view), /allowScripts/)
    } finally {
      await strict[Symbol.asyncDispose]()
    }
  })
})
