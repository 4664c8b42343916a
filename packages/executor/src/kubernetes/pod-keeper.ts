import type { Clock, Logger } from '@sluice/base'
import type { AttemptEnd } from '../executor.ts'
import { listEvents } from './cluster-events.ts'
import { type PodTrouble, type Words, judgeGonePod, judgePod, podName, withPullAnswer } from './judge-pod.ts'
import { type KubeClient, KubeError } from './kube-client.ts'
import type { Pod } from './kube-types.ts'
import { type OnNotice, type PlacedPod, say, settle } from './placed-pod.ts'

/** How patient a keeper is; durations in milliseconds. */
export interface KeeperTimes {
  /** How long what may be a hiccup (an image that cannot be pulled) may last. */
  readonly hiccupMs: number
  /** How long a runner may go on beside a step's container that has ended. */
  readonly asideMs: number
  /** How often pods that do not run yet are looked at. */
  readonly lookEveryMs: number
  /** How long a pod that was given up may take to vanish. */
  readonly vanishMs: number
}

export interface PodKeeperOptions {
  readonly client: () => Promise<KubeClient>
  readonly clock: Clock
  readonly logger: Logger
  readonly times: KeeperTimes
  readonly onNotice: OnNotice
  /** Ends the runner if it holds no permit. */
  readonly stopRunner: (placed: PlacedPod) => Promise<unknown>
}

/** Looks after placed pods: turns their states into ends and words, and gives up those that cannot start. */
export interface PodKeeper {
  /** The pod's state has changed. */
  see(placed: PlacedPod, pod: Pod, is: 'present' | 'gone'): void
  /** Looks at the clock: time limits, events. */
  look(placed: PlacedPod): void
}

export function createPodKeeper(options: PodKeeperOptions): PodKeeper {
  const { client, clock, logger, times, onNotice } = options

  const finish = (placed: PlacedPod, end: AttemptEnd): void => {
    if (placed.end !== undefined) return
    const isPlain = end.how === 'completed' || (end.how === 'exited' && end.detail === undefined) || placed.signaled
    if (isPlain) {
      const { how, exitCode, signal } = end
      // What this executor did itself needs no explanation.
      const own =
        placed.signaled && how === 'missing'
          ? { how: 'killed' as const, exitCode: null, signal: 'SIGKILL' }
          : { how, exitCode, signal }
      settle(placed, own)
      return
    }
    // Events explain an end, and are gone with their object's namespace: they go first.
    void tellEvents(placed).finally(() => {
      settle(placed, end)
    })
  }

  const giveUp = (placed: PlacedPod, words: { what: string; hint: string }): void => {
    if (placed.givenUp !== undefined || placed.podUid === undefined) return
    placed.givenUp = words
    placed.givenUpAt = clock.monotonic()
    void deletePod(placed, 2)
  }

  const deletePod = async (placed: PlacedPod, gracePeriodSeconds: number): Promise<void> => {
    try {
      const { namespace, podUid, pod } = placed
      const path = `/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name ?? ''}`
      const body = { gracePeriodSeconds, preconditions: { uid: podUid } }
      await (await client()).insist('DELETE', path, { body })
    } catch (error) {
      if (error instanceof KubeError && (error.status === 404 || error.status === 409)) return
      logger.warn({ attemptId: placed.attemptId, error }, 'A pod could not be deleted; trying again.')
      // `look` tries again.
      placed.givenUp = undefined
    }
  }

  const tellEvents = async (placed: PlacedPod): Promise<void> => {
    if (placed.podUid === undefined) return
    placed.eventsAt = clock.monotonic()
    try {
      const events = await listEvents(await client(), placed.namespace, placed.podUid, AbortSignal.timeout(3_000))
      placed.pullAnswers = events.filter(({ reason }) => reason === 'Failed').map(({ message }) => message)
      const fresh = events.filter((event) => !placed.seenEvents.has(JSON.stringify(event)))
      for (const event of fresh) placed.seenEvents.add(JSON.stringify(event))
      if (fresh.length > 0) onNotice(placed.attemptId, { type: 'clusterEvents', events: fresh.slice(-100) })
    } catch (error) {
      logger.debug({ attemptId: placed.attemptId, error }, 'The events of a pod could not be read.')
    }
  }

  /** The kubelet shows the registry's answer in the status for a moment only; its event of it stays. */
  const sayWithAnswer = async (placed: PlacedPod, trouble: PodTrouble): Promise<void> => {
    await tellEvents(placed)
    if (placed.end === undefined) say(placed, withReason(placed, trouble), onNotice)
  }

  const see = (placed: PlacedPod, pod: Pod, is: 'present' | 'gone'): void => {
    if (placed.end !== undefined || (placed.podUid !== undefined && pod.metadata.uid !== placed.podUid)) return
    placed.pod = pod
    placed.podUid ??= pod.metadata.uid
    const judgement = judgePod(pod)
    placed.hasStarted ||= judgement.hasStarted
    if (is === 'gone') finish(placed, explained(placed, judgeGonePod(pod, placed.hasStarted)))
    else if (judgement.end !== undefined) finish(placed, explained(placed, judgement.end))
    else if (isDeletedByOthers(placed, pod)) say(placed, deletionWords(pod, placed.hasStarted, 'going'), onNotice)
    else if (judgement.trouble === undefined) placed.troubleSince = undefined
    else {
      placed.troubleSince ??= clock.monotonic()
      const trouble = withReason(placed, judgement.trouble)
      if (trouble.pull?.told === 'first') placed.pullTrouble = trouble
      if (trouble.pull?.told === 'again') void sayWithAnswer(placed, trouble)
      else say(placed, trouble, onNotice)
      if (judgement.trouble.ends === 'never') giveUp(placed, judgement.trouble)
    }
  }

  const look = (placed: PlacedPod): void => {
    if (placed.end !== undefined || placed.phase !== 'running') return
    const now = clock.monotonic()
    if (placed.givenUp !== undefined) {
      // The kubelet is away, or the node: the API server's word is all there will be.
      if (now - placed.givenUpAt > times.vanishMs)
        finish(placed, explained(placed, judgeGonePod(placed.pod ?? blankPod(placed), placed.hasStarted)))
      return
    }
    const seen = placed.pod === undefined ? undefined : judgePod(placed.pod).trouble
    const trouble = seen === undefined ? undefined : withReason(placed, seen)
    const troubledMs = placed.troubleSince === undefined ? 0 : now - placed.troubleSince
    if (trouble?.ends === 'soon' && troubledMs > times.hiccupMs && !placed.hasStarted) giveUp(placed, trouble)
    else if ((trouble?.ends === 'aside' || (trouble?.ends === 'soon' && placed.hasStarted)) && troubledMs > times.asideMs) {
      placed.troubleSince = now
      // Why the runner is stopped: said again, as what was said before it ran counts for waiting only.
      if (trouble !== undefined) {
        placed.said = undefined
        say(placed, trouble, onNotice)
      }
      void options.stopRunner(placed)
    } else if (!placed.hasStarted && now - placed.placedAt > placed.initTimeoutMs) {
      giveUp(placed, timeoutWords(placed, trouble))
    }
    const isStarting = !placed.hasStarted && now - placed.placedAt > times.lookEveryMs
    if ((isStarting || trouble !== undefined) && now - placed.eventsAt > 5 * times.lookEveryMs) void tellEvents(placed)
  }

  return { see, look }
}

/** What the registry said at the last try explains why the kubelet waits now. */
function withReason({ pullTrouble, pullAnswers }: PlacedPod, trouble: PodTrouble): PodTrouble {
  if (trouble.pull?.told === 'again' && pullTrouble?.pull?.container === trouble.pull.container) return pullTrouble
  return withPullAnswer(trouble, pullAnswers)
}

/** An end that this executor brought about before the start is told by its reason, not by what deleting looked like. */
function explained(placed: PlacedPod, end: AttemptEnd): AttemptEnd {
  const { givenUp, pod } = placed
  if (givenUp === undefined) {
    if (pod === undefined || end.detail !== undefined || end.how === 'completed' || !isDeletedByOthers(placed, pod)) return end
    const { what, hint } = deletionWords(pod, placed.hasStarted, 'over')
    return { ...end, detail: what, hint }
  }
  // It had started after all, in the moment before it was deleted: then that is what counts.
  if (placed.hasStarted && end.how !== 'notStarted') return { ...end, detail: givenUp.what, hint: givenUp.hint }
  return { how: 'notStarted', exitCode: null, signal: null, detail: givenUp.what, hint: givenUp.hint }
}

function isDeletedByOthers({ signaled, givenUp }: PlacedPod, { metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && !signaled && givenUp === undefined
}

/** Clusters from v1.26 on say by a condition who it was (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/). */
function deletionWords(pod: Pod, hasStarted: boolean, is: 'going' | 'over'): Words {
  const target = pod.status?.conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')
  const why = target === undefined ? '' : ` (${target.reason ?? 'DisruptionTarget'}: ${target.message ?? ''})`
  const verb = is === 'going' ? 'is being deleted' : 'was deleted'
  const when = hasStarted ? `while its runner ${is === 'going' ? 'runs' : 'ran'}` : 'before its runner has started'
  return {
    what: `${podName(pod)} ${verb} ${when}${why}.`,
    hint: 'Look for who deletes pods in this namespace: a drained or removed node, a clean-up job, a person.',
  }
}

function timeoutWords(
  { initTimeoutMs, pod, namespace }: PlacedPod,
  trouble: { what: string; hint: string } | undefined,
): { what: string; hint: string } {
  const name = pod === undefined ? `The pod in namespace "${namespace}"` : podName(pod)
  const limit = `${name} did not start its runner within ${Math.round(initTimeoutMs / 1000)} s (initTimeout).`
  if (trouble !== undefined) return { what: `${limit} ${trouble.what}`, hint: trouble.hint }
  const hint = 'Large images and slow volumes take time: raise initTimeout of the step group, or look at the pod’s events.'
  return { what: limit, hint }
}

function blankPod({ namespace }: PlacedPod): Pod {
  return { metadata: { namespace, name: '?' }, spec: { containers: [] } }
}
