import { type DelegateCommand, protocolEndpoints } from '@sluice/contract'
import { type ClaimedTask, type ConnectedInstance, type InstanceCommand } from '@sluice/store'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app-context.ts'
import { registerEndpoint } from '../http/register-endpoint.ts'
import { authenticateDelegate, revoked, unknownInstance } from './peers.ts'
import type { ProtocolContext } from './protocol-context.ts'

interface PollRequest {
  readonly bootId: string
  readonly free: number
  readonly draining: boolean
  readonly executors: readonly ('process' | 'kubernetes')[]
}

/** Who waits for a poll's answer. */
interface Listener {
  /** Ends the wait. */
  readonly waiting: AbortController
  /** False once a newer poll, or the end of the connection or of this server, has taken its place. */
  isThere: boolean
}

/** Why a wait was ended; given so that no stack is recorded for each. */
const waitOver = 'The wait is over.'

/** The delegate's long poll: offers, cancels, clean-ups and the word to drain. */
export function registerPoll(app: App, context: ProtocolContext): void {
  const authenticate = (request: FastifyRequest): Promise<ConnectedInstance> => authenticateDelegate(context, request)
  /** The poll that an instance has open here: a newer one replaces it, since its connection is most likely gone. */
  const open = new Map<string, () => void>()

  registerEndpoint(
    app,
    protocolEndpoints.poll,
    async ({ body, caller, request }) => {
      const { instanceId } = caller
      const listener: Listener = { waiting: new AbortController(), isThere: true }
      const leave = (): void => {
        listener.isThere = false
        listener.waiting.abort(waitOver)
      }
      open.get(instanceId)?.()
      open.set(instanceId, leave)
      request.raw.socket.once('close', leave)
      context.stopping.addEventListener('abort', leave, { once: true })
      if (context.stopping.aborted) leave()
      try {
        return { commands: await poll(context, caller, body, listener) }
      } finally {
        context.stopping.removeEventListener('abort', leave)
        request.raw.socket.off('close', leave)
        if (open.get(instanceId) === leave) open.delete(instanceId)
      }
    },
    { authenticate },
  )
}

async function poll(
  context: ProtocolContext,
  caller: ConnectedInstance,
  request: PollRequest,
  listener: Listener,
): Promise<DelegateCommand[]> {
  const { timings, notifications, instances } = context
  const { instanceId } = caller
  const isSilent = caller.quietMs === null || caller.quietMs > timings.heartbeatMs / 2
  const isOther = request.executors.toSorted().join() !== caller.executors.toSorted().join()
  if (isSilent || isOther || caller.bootId !== request.bootId) {
    const { bootId, free, draining, executors } = request
    await instances.see({ instanceId, bootId, free, draining, executors })
  }

  let instance: ConnectedInstance = { ...caller, executors: request.executors }
  let first = true
  let endWait: (() => void) | undefined
  let offers: readonly ClaimedTask[] = []

  const look = async (): Promise<DelegateCommand[] | undefined> => {
    if (!first) instance = await refresh(context, instanceId)
    first = false
    const standing = await instances.readCommands(instanceId)
    const commands = select(context, instance, request, standing)
    if (commands.length > 0) return commands
    if (instance.drain) endWait?.()
    endWait ??= startWaiting(standing.filter((command) => command.state === 'offered').length)
    return undefined
  }
  const startWaiting = (outstanding: number): (() => void) => {
    const free = request.free - outstanding
    if (free <= 0 || request.draining || instance.drain) return () => {}
    return context.dispatcher.add({
      instance,
      free,
      deliver: (tasks) => {
        offers = tasks
        listener.waiting.abort(waitOver)
      },
    })
  }

  try {
    const commands = await notifications.waitFor('sluice_task', `instance:${instanceId}`, look, {
      timeoutMs: timings.pollHoldMs,
      signal: listener.waiting.signal,
    })
    const fresh = offers.filter(
      (task) => !(commands ?? []).some((command) => 'attemptId' in command && command.attemptId === task.attemptId),
    )
    return [...(commands ?? []), ...fresh.map((task) => toOffer(context, instance, request, task, listener))]
  } finally {
    endWait?.()
  }
}

/** The instance as it is now: it may have been revoked, drained or given other tags since the poll began. */
async function refresh(context: ProtocolContext, instanceId: string): Promise<ConnectedInstance> {
  const instance = await context.instances.find(instanceId)
  if (instance === undefined) throw unknownInstance()
  if (instance.revoked) throw revoked(instance.delegateName)
  return instance
}

/** What of the standing commands is to be said now: what was said a moment ago is not said again yet. */
function select(
  context: ProtocolContext,
  instance: ConnectedInstance,
  request: PollRequest,
  standing: readonly InstanceCommand[],
): DelegateCommand[] {
  const { deliveries, timings } = context
  const listener = `${instance.instanceId}/${request.bootId}`
  const isNews = (what: string, quietMs: number): boolean => !deliveries.isRepeat(listener, what, quietMs)
  const commands: DelegateCommand[] = []
  for (const { attemptId, epoch, state, cancelMode, cleanup, org, project, infra, offerLeftMs } of standing) {
    if (cleanup && (state === 'ended' || state === 'completed')) {
      if (isNews(`cleanup ${attemptId}`, timings.heartbeatMs)) commands.push({ type: 'cleanup', attemptId })
    } else if (state === 'offered') {
      const offerMs = Math.round(offerLeftMs ?? 0)
      if (offerMs > 0 && !request.draining && isNews(`offer ${attemptId}`, timings.offerMs / 4)) {
        commands.push({ type: 'offer', attemptId, epoch, scope: { org, project }, infraType: infra, offerMs })
      }
    } else if (cancelMode !== null && isNews(`cancel ${attemptId} ${cancelMode}`, timings.heartbeatMs)) {
      commands.push({ type: 'cancel', attemptId, epoch, mode: cancelMode })
    }
  }
  if (instance.drain && !request.draining && isNews('drain', timings.heartbeatMs)) commands.push({ type: 'drain' })
  return commands
}

function toOffer(
  { deliveries, timings }: ProtocolContext,
  instance: ConnectedInstance,
  request: PollRequest,
  task: ClaimedTask,
  { isThere }: Listener,
): DelegateCommand {
  const { attemptId, epoch, org, project, infra } = task
  // Noted as told only if somebody is there to hear it: the next poll then gets it at once.
  if (isThere) deliveries.isRepeat(`${instance.instanceId}/${request.bootId}`, `offer ${attemptId}`, 0)
  return { type: 'offer', attemptId, epoch, scope: { org, project }, infraType: infra, offerMs: timings.offerMs }
}
