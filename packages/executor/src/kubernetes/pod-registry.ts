import { AppError, type Clock, type Logger, systemClock } from '@sluice/base'
import type { PlacedAttempt, SignalResult, SlotValues } from '../executor.ts'
import { type KubeClient, KubeError } from './kube-client.ts'
import type { KubernetesPlan, NetworkAddress, PodDefaults, PodOwner } from './kubernetes-plan.ts'
import { labelNames, objectNames } from './object-names.ts'
import type { OnNotice, PlacedPod } from './placed-pod.ts'
import { type KeeperTimes, createPodKeeper } from './pod-keeper.ts'
import { type PodWatch, watchPods } from './pod-watch.ts'

/** Where pods find the delegate's relay. */
export interface PodRelay {
  /** `https://host:port`. */
  readonly url: string
  /** Base64 SHA-256 of its certificate's public key. */
  readonly pin: string
  /** For network policies. */
  readonly address: NetworkAddress
}

/** Values that a runner fetches from the relay, in mode `runtime`. */
export interface TicketBox {
  /** Keeps copies of the values, and gives the ticket that they are handed out for, once. */
  open(attemptId: string, values: SlotValues, lifeMs: number): string
  /** Forgets the values, zeroed. */
  close(attemptId: string): void
}

/** What is known about permits, which are the control plane's. */
export interface PermitView {
  /** Whether the runner may hold, or be asking for, a permit. True when that is not known. */
  isOpen(attemptId: string): boolean
  /** Makes sure that the runner gets no permit any more; false, and nothing done, when it may hold one. */
  close(attemptId: string): Promise<boolean>
}

export interface KubernetesExecutorOptions {
  /** Opened at the first use. */
  readonly client: () => Promise<KubeClient>
  /** Undefined while this delegate has not enrolled: then it has nothing in any cluster. */
  readonly owner: () => PodOwner | undefined
  /** Namespaces that attempts run in; the first is the default. */
  readonly namespaces: readonly string[]
  readonly defaults: PodDefaults
  readonly relay: () => PodRelay
  /** What a task asks for. Throws `AppError` for one that no pod can be made from. */
  readonly planOf: (task: unknown) => KubernetesPlan
  readonly tickets: TicketBox
  readonly permits: PermitView
  readonly onNotice: OnNotice
  readonly logger: Logger
  readonly clock?: Clock | undefined
  readonly times?: Partial<KeeperTimes> | undefined
  /** Slack after the end of an attempt's life, and how often the sweeper looks. */
  readonly sweepSlackMs: number
  readonly sweepEveryMs: number
}

const defaultTimes: KeeperTimes = { hiccupMs: 30_000, asideMs: 15_000, lookEveryMs: 1_000, vanishMs: 60_000 }
/** The placed pods that this process knows, watched. */
export interface PodRegistry {
  readonly known: Map<string, PlacedPod>
  readonly clock: Clock
  /** Throws `AppError('notFound', 'ATTEMPT_UNKNOWN')`. */
  readonly get: (attemptId: string) => PlacedPod
  /** Throws `AppError('failedPrecondition', 'DELEGATE_NOT_ENROLLED')`. */
  readonly requireOwner: () => PodOwner
  /** Resolves when the pods of a namespace are followed. */
  readonly watchNamespace: (namespace: string) => Promise<void>
  readonly describe: (placed: PlacedPod) => PlacedAttempt
  readonly signal: (placed: PlacedPod, mode: 'terminate' | 'kill') => Promise<SignalResult>
  close(): void
}

/** Follows the pods of this instance's attempts and tells their states to a keeper. */
export function createPodRegistry(options: KubernetesExecutorOptions): PodRegistry {
  const { client, logger, permits } = options
  const clock = options.clock ?? systemClock
  const times = { ...defaultTimes, ...options.times }
  const known = new Map<string, PlacedPod>()
  const watches = new Map<string, PodWatch>()

  const keeper = createPodKeeper({
    client,
    clock,
    logger,
    times,
    onNotice: options.onNotice,
    stopRunner: (placed) => signal(placed, 'terminate'),
  })
  const ticker = setInterval(() => {
    for (const placed of known.values()) keeper.look(placed)
  }, times.lookEveryMs)
  ticker.unref()

  const get = (attemptId: string): PlacedPod => {
    const placed = known.get(attemptId)
    if (placed === undefined) throw new AppError('notFound', 'ATTEMPT_UNKNOWN', `The attempt "${attemptId}" is not placed here.`)
    return placed
  }

  const requireOwner = (): PodOwner => {
    const owner = options.owner()
    if (owner === undefined)
      throw new AppError('failedPrecondition', 'DELEGATE_NOT_ENROLLED', 'This delegate has not enrolled yet.')
    return owner
  }

  const watchNamespace = async (namespace: string): Promise<void> => {
    let watch = watches.get(namespace)
    if (watch === undefined) {
      watch = watchPods({
        client: await client(),
        namespace,
        labelSelector: `${labelNames.instance}=${requireOwner().instanceId}`,
        clock,
        logger,
        onPod: (pod, is) => {
          const placed = known.get(pod.metadata.labels?.[labelNames.attempt] ?? '')
          if (placed !== undefined) keeper.see(placed, pod, is)
        },
      })
      watches.set(namespace, watch)
    }
    await watch.synced
  }

  const describe = (placed: PlacedPod): PlacedAttempt => {
    const { attemptId, epoch, phase, namespace, end } = placed
    const place = `pod ${namespace}/${objectNames(attemptId).pod}`
    const permitOpen = phase === 'running' && permits.isOpen(attemptId)
    return { attemptId, epoch, phase, place, permitOpen, ...(end === undefined ? {} : { end }) }
  }

  const deletePod = async (placed: PlacedPod, gracePeriodSeconds?: number): Promise<void> => {
    if (placed.podUid === undefined) return
    const path = `/api/v1/namespaces/${placed.namespace}/pods/${objectNames(placed.attemptId).pod}`
    const body = { preconditions: { uid: placed.podUid }, ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) }
    await (await client()).insist('DELETE', path, { body }).catch((error: unknown) => {
      if (!(error instanceof KubeError) || (error.status !== 404 && error.status !== 409)) throw error
    })
  }

  const signal = async (placed: PlacedPod, mode: 'terminate' | 'kill'): Promise<SignalResult> => {
    if (placed.phase !== 'running') return 'ended'
    if (!(await permits.close(placed.attemptId))) return 'permitOpen'
    placed.signaled = true
    // One second, not none: with none the object vanishes at once, and nobody knows whether its processes have.
    await deletePod(placed, mode === 'kill' ? 1 : undefined)
    return 'sent'
  }

  return {
    known,
    clock,
    get,
    requireOwner,
    watchNamespace,
    describe,
    signal,
    close() {
      clearInterval(ticker)
      for (const watch of watches.values()) watch.stop()
    },
  }
}
