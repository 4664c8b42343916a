import assert from 'node:assert/strict'
import type { ExecutionView } from '@sluice/contract'
import { stepsOf } from './execution-steps.ts'
import type { Installation } from './installation.ts'

/** What every entity of a test says of its place. */
export const testPlace = 'orgIdentifier: default, projectIdentifier: default'

/** A pipeline of one step group in a pod, with the cluster connector `k8s`. `group`, `pipeline`: more lines of the two. */
export function podPipeline(
  name: string,
  steps: string,
  {
    infra = '',
    group = '',
    pipeline = '',
  }: { readonly infra?: string; readonly group?: string; readonly pipeline?: string } = {},
): string {
  return `
pipeline:
  identifier: ${name}
  orgIdentifier: default
  projectIdentifier: default
${pipeline.replaceAll(/^(?=.)/gm, '  ')}
  stages:
    - stage:
        identifier: main
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: pod
                  stepGroupInfra: {type: KubernetesDirect, spec: {connectorRef: k8s, initTimeout: 3m${infra}}}
${group.replaceAll(/^(?=.)/gm, '                  ')}
                  steps:
${steps.replaceAll(/^/gm, '                    ')}
`
}

/** A Run step; `spec` are more lines of its spec. */
export function runStep(identifier: string, image: string, command: string, spec = ''): string {
  return `- step:
    identifier: ${identifier}
    type: Run
    timeout: 2m
    spec:
      image: ${image}
      command: |
${command.replaceAll(/^/gm, '        ')}
${spec.replaceAll(/^(?=.)/gm, '      ')}`.trimEnd()
}

/** Stores a pipeline and runs it to its end. */
export async function runPipeline(installation: Installation, yaml: string, timeoutMs = 150_000): Promise<ExecutionView> {
  const name = /identifier: (\w+)/.exec(yaml)?.[1] ?? ''
  await installation.apply(yaml)
  return installation.waitForExecution(await installation.run(name), { timeoutMs })
}

/** Fails with all that is known of an execution that did not succeed. */
export async function assertSucceeded(installation: Installation, view: ExecutionView): Promise<void> {
  if (view.state === 'Succeeded') return
  const logs = await Promise.all(stepsOf(view).map(({ stepRunId }) => installation.readLog(view.id, stepRunId).catch(String)))
  assert.fail(`${JSON.stringify(view, null, 1)}\n${logs.join('\n')}\n${installation.delegate?.output.slice(-4000) ?? ''}`)
}
