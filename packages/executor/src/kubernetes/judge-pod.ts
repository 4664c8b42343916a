import { constants } from 'node:os'
import type { AttemptEnd } from '../executor.ts'
import { runnerContainer } from './build-pod.ts'
import type { ContainerState, ContainerStatus, Pod } from './kube-types.ts'

/** Something that is said to people: what happened to which object and why, and what to do next. */
export interface Words {
  readonly what: string
  readonly hint: string
}

/** What a pod's status means for its attempt. */
export interface PodJudgement {
  /** Whether the runner runs, or has run: whether anything of the attempt may have happened. */
  readonly hasStarted: boolean
  /** The runner has ended. */
  readonly end?: AttemptEnd | undefined
  /** What stands in the way of the start, or has become of a container beside the runner. */
  readonly trouble?: PodTrouble | undefined
}

export interface PodTrouble extends Words {
  /**
   * `never`: waiting is of no use. `soon`: it may be a hiccup; not for long. `patience`: it may pass by itself until the time for the start is
   * over. `aside`: a step's container has ended while the runner goes on.
   */
  readonly ends: 'never' | 'soon' | 'patience' | 'aside'
  /** Whose image cannot be pulled. The kubelet gives the registry's answer with each try (`first`), and between tries no reason (`again`). */
  readonly pull?:
    | { readonly container: string; readonly image: string; readonly where: string; readonly told: 'first' | 'again' }
    | undefined
}

/** Reads a pod's status. Pure: the same status means the same, whoever reads it and however late. */
export function judgePod(pod: Pod): PodJudgement {
  const { status } = pod
  const runner = status?.containerStatuses?.find(({ name }) => name === runnerContainer)
  const state = stateOf(runner)
  if (state?.terminated !== undefined) return { hasStarted: hasRun(state), end: runnerEnd(pod, state.terminated) }
  const hasStarted = state?.running !== undefined
  // Evicted, node lost, refused by the kubelet: the phase is final, whatever the containers' states say.
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return { hasStarted, end: podEnd(pod, hasStarted) }
  const trouble = hasStarted ? asideTrouble(pod) : startTrouble(pod)
  return { hasStarted, ...(trouble === undefined ? {} : { trouble }) }
}

/** How an attempt ended whose pod is not there any more, by the last that was seen of it. */
export function judgeGonePod(pod: Pod, hadStarted: boolean): AttemptEnd {
  const { end, hasStarted } = judgePod(pod)
  if (end !== undefined) return end
  const hint = 'Look for who deletes pods in this namespace: a drained or removed node, a clean-up job, a person.'
  if (hasStarted || hadStarted) {
    return {
      ...noCode('missing'),
      detail: `${podName(pod)} was deleted while its runner ran; nobody saw how the runner ended.`,
      hint,
    }
  }
  if (mayHaveStarted(pod)) {
    return {
      ...noCode('missing'),
      detail: `${podName(pod)} was deleted while its runner was being started; nobody saw whether it ran.`,
      hint,
    }
  }
  return { ...noCode('notStarted'), detail: `${podName(pod)} was deleted before its runner was started.`, hint }
}

/** Whether the runner has run, or may have: a node tells late what it does, so a pod that it has is trusted to wait only with an obstacle. */
export function mayHaveStarted(pod: Pod): boolean {
  if (judgePod(pod).hasStarted) return true
  const isPlaced = pod.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'True') ?? false
  return isPlaced && startTrouble(pod) === undefined
}

export function podName({ metadata }: Pod): string {
  return `Pod "${metadata.namespace ?? ''}/${metadata.name ?? ''}"`
}

function noCode(how: 'notStarted' | 'missing'): AttemptEnd {
  return { how, exitCode: null, signal: null }
}

function stateOf(container: ContainerStatus | undefined): ContainerState | undefined {
  if (container?.state?.terminated !== undefined) return container.state
  return container?.lastState?.terminated === undefined ? container?.state : container.lastState
}

/** A container that could not be started is "terminated" too, with one of these reasons. */
function hasRun({ terminated }: ContainerState): boolean {
  return !['StartError', 'ContainerCannotRun', 'ContainerStatusUnknown'].includes(terminated?.reason ?? '')
}

type Terminated = NonNullable<ContainerState['terminated']>

function runnerEnd(pod: Pod, { exitCode, reason, message, signal }: Terminated): AttemptEnd {
  const said = message === undefined || message === '' ? '' : ` ${oneLine(message)}`
  if (reason === 'OOMKilled') {
    return { how: 'killed', exitCode: null, signal: 'SIGKILL', ...outOfMemory(pod, runnerContainer) }
  }
  if (reason === 'StartError' || reason === 'ContainerCannotRun') {
    return {
      ...noCode('notStarted'),
      detail: `The runner's container in ${podName(pod)} could not be started (${reason}).${said}`,
      hint: 'Check that the runner image is one of Sluice, of the delegate’s version, and for this node’s processor.',
    }
  }
  if (reason === 'ContainerStatusUnknown') {
    return {
      ...noCode('missing'),
      detail: `The node of ${podName(pod)} does not know how the runner ended.${said}`,
      hint: 'Look at the node: it was restarted, or lost its containers.',
    }
  }
  const evicted = pod.status?.reason === undefined ? undefined : evictionWords(pod)
  if (exitCode === 0) return { how: 'completed', exitCode: 0, signal: null }
  const killedBy = signal === undefined || signal === 0 ? signalOf(exitCode) : signalOf(signal + 128)
  if (killedBy !== undefined) return { how: 'killed', exitCode: null, signal: killedBy, ...evicted }
  return { how: 'exited', exitCode, signal: null, ...evicted }
}

/** Shells and container runtimes report a signal as 128 and its number. */
function signalOf(exitCode: number): string | undefined {
  if (exitCode <= 128 || exitCode > 128 + 64) return undefined
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0]
}

function podEnd(pod: Pod, hasStarted: boolean): AttemptEnd {
  const failedInit = (pod.status?.initContainerStatuses ?? []).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)
  if (failedInit?.state?.terminated !== undefined) {
    const { reason, exitCode, message } = failedInit.state.terminated
    const why = `${reason ?? 'Error'}, exit code ${exitCode}`
    return {
      ...noCode('notStarted'),
      detail: `The init container of ${podName(pod)} failed (${why}).${message === undefined ? '' : ` ${oneLine(message)}`}`,
      hint: 'Check that the runner image is one of Sluice, of the delegate’s version.',
    }
  }
  return { ...noCode(hasStarted ? 'missing' : 'notStarted'), ...evictionWords(pod) }
}

function evictionWords(pod: Pod): { detail: string; hint: string } {
  const { reason = 'Failed', message = '' } = pod.status ?? {}
  const detail = `${podName(pod)} was ended by its node (${reason}). ${oneLine(message)}`.trim()
  const hints: Readonly<Record<string, string>> = {
    Evicted: 'The node ran short of memory or disk. Give the step resources that fit, or run it on a larger node.',
    NodeLost: 'The node is gone. Look at the node.',
    Shutdown: 'The node was shut down. Run the pipeline again when its nodes stay.',
    NodeShutdown: 'The node was shut down. Run the pipeline again when its nodes stay.',
    Preempting: 'A pod of a higher priority took its place. Set priorityClassName in stepGroupInfra.',
    UnexpectedAdmissionError: 'The node refused the pod when it came. Look at the node, and run the pipeline again.',
  }
  return { detail, hint: hints[reason] ?? 'Look at the pod’s events and at its node.' }
}

function outOfMemory(pod: Pod, container: string): { detail: string; hint: string } {
  const limit = pod.spec.containers.find(({ name }) => name === container)?.resources?.limits?.['memory']
  return {
    detail: `Container "${container}" of ${podName(pod)} was killed because it ran out of memory (OOMKilled${limit === undefined ? '' : `, its limit is ${limit}`}).`,
    hint: 'Raise resources.limits.memory of the step.',
  }
}

/** What became of a step's container while the runner runs. The runner notices by itself, or the pod is ended for it. */
function asideTrouble(pod: Pod): PodTrouble | undefined {
  for (const { name, state } of pod.status?.containerStatuses ?? []) {
    if (name === runnerContainer) continue
    if (state?.terminated !== undefined) {
      const { reason = 'Error', exitCode } = state.terminated
      if (reason === 'OOMKilled') {
        const { detail, hint } = outOfMemory(pod, name)
        return { ends: 'aside', what: detail, hint }
      }
      if (exitCode === 0) continue
      const what = `Container "${name}" of ${podName(pod)} ended (${reason}, exit code ${exitCode}) while its runner runs.`
      return { ends: 'aside', what, hint: 'Look at the step’s log and at the pod’s events.' }
    }
    const trouble = waitingTrouble(pod, name, state)
    if (trouble !== undefined) return trouble
  }
  return undefined
}

function startTrouble(pod: Pod): PodTrouble | undefined {
  const { status } = pod
  for (const { name, state } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const trouble = waitingTrouble(pod, name, state)
    if (trouble !== undefined) return trouble
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') {
    return {
      ends: 'patience',
      what: `No node takes ${podName(pod)} (${scheduled.reason ?? 'Unschedulable'}): ${oneLine(scheduled.message ?? '')}`,
      hint: 'Compare resources, nodeSelector and tolerations of the step group with the nodes (`kubectl get nodes`), or add a node.',
    }
  }
  return undefined
}

function waitingTrouble(pod: Pod, container: string, state: ContainerState | undefined): PodTrouble | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {}
  const image = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(({ name }) => name === container)?.image ?? '?'
  const where = `container "${container}" of ${podName(pod)}`
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'RegistryUnavailable':
      return {
        ends: 'soon',
        ...pullWords(image, where, reason, message),
        pull: { container, image, where, told: reason === 'ImagePullBackOff' ? 'again' : 'first' },
      }
    case 'InvalidImageName':
      return {
        ends: 'never',
        what: `"${image}" of ${where} is no image name. ${oneLine(message)}`.trim(),
        hint: 'Correct the step’s image.',
      }
    case 'ErrImageNeverPull':
      return {
        ends: 'never',
        what: `The image "${image}" of ${where} is not on the node, and its pull policy is Never.`,
        hint: 'Use another imagePullPolicy, or load the image onto the nodes.',
      }
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return {
        ends: 'soon',
        what: `The ${where} cannot be made (${reason}). ${oneLine(message)}`.trim(),
        hint: createHint(message),
      }
    default:
      return undefined
  }
}

/** The same trouble with what the registry answered, where the kubelet said it in an event (`Failed to pull image …`) and not in the status. */
export function withPullAnswer(trouble: PodTrouble, eventMessages: readonly string[]): PodTrouble {
  const { pull } = trouble
  if (pull?.told !== 'again') return trouble
  const answer = eventMessages.findLast((message) => message.startsWith(`Failed to pull image "${pull.image}"`))
  if (answer === undefined) return trouble
  return { ...trouble, ...pullWords(pull.image, pull.where, 'ErrImagePull', answer), pull: { ...pull, told: 'first' } }
}

function pullWords(image: string, where: string, reason: string, message: string): Words {
  const said = oneLine(message.replace(`Failed to pull image "${image}": `, '').replace(/^rpc error: code = \w+ desc = /, ''))
  return { what: `The image "${image}" of ${where} cannot be pulled (${reason}). ${said}`.trim(), hint: pullHint(message) }
}

function pullHint(message: string): string {
  if (/401|403|unauthorized|denied|authorization|authentication/i.test(message)) {
    return 'The registry refuses the credentials, or got none: name a registry connector of this registry in the step (connectorRef), and check its user name and password.'
  }
  if (/not found|manifest unknown|no such/i.test(message)) return 'There is no such image: check its name and tag.'
  if (/no such host|timeout|i\/o|connection refused|dial tcp|x509|tls/i.test(message)) {
    return 'The node cannot reach the registry: check its address, certificates and the network of the nodes.'
  }
  return 'Check the image’s name, its registry connector, and that the nodes can reach the registry.'
}

function createHint(message: string): string {
  if (/runAsNonRoot|non-root|non-numeric/i.test(message)) {
    return 'Set runAsUser to a number other than 0 for the step, or have the delegate’s policy allow root.'
  }
  if (/secret|configmap/i.test(message))
    return 'Create what is missing in the namespace, or correct the volumes of the step group.'
  return 'Look at the pod’s events; the volumes, the command or the security settings do not fit the image or the node.'
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= 1000 ? line : `${line.slice(0, 999)}…`
}
