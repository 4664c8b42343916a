import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { AppError, type Clock } from '@sluice/base'
import type { RunTaskStep } from '@sluice/contract'
import { createArgvFile, createEnvironmentFile, scriptArgv, scriptFileName, wrapScript } from './script-files.ts'
import { readBounded, readOutputs, type ScriptOutputs } from './script-outputs.ts'
import type { ScriptProcess, ScriptRequest } from './script-process.ts'

const pollMs = 20
/** How long the end of a container without an exit code is waited for: its file may become visible a moment after the streams end. */
const goneMs = 2000
/** How long output is read that a process which escaped its session holds open. */
const drainMs = 5000

/** A step container as the runner sees it. */
export interface StepContainerPlace {
  readonly id: string
  /** The runner's side of the volumes `ctl-<id>` and `secrets-<id>`. */
  readonly ctl: string
  readonly secrets: string
  /** The same volumes as the container sees them: `/sluice` unless a test says otherwise. */
  readonly root: string
}

export function containerPlace(containersDir: string, id: string, root = '/sluice'): StepContainerPlace {
  return { id, ctl: join(containersDir, id, 'ctl'), secrets: join(containersDir, id, 'secrets'), root }
}

/**
 * Runs a script in a step container, through its entry script: writes what it needs to the container's memory volume, says go, and reads its
 * output until the end. Throws `AppError('canceled')` when the container does not come before the signal.
 */
export async function startInContainer(
  step: RunTaskStep,
  request: ScriptRequest,
  place: StepContainerPlace,
  clock: Clock,
): Promise<{ readonly process: ScriptProcess; readonly readOutputs: () => ScriptOutputs }> {
  const { stepRunId } = request
  const secrets = join(place.secrets, stepRunId)
  const inside = { ctl: `${place.root}/ctl/${stepRunId}`, secrets: `${place.root}/secrets/${stepRunId}` }
  await until(() => existsSync(join(place.ctl, 'ready')), request.signal, clock)

  makeFolder(secrets, 0o2750)
  const file = scriptFileName(step.shell)
  const environment = new Map([...request.environment, ['SLUICE_OUTPUT', Buffer.from(`${inside.ctl}/output`)] as const])
  const write = (name: string, bytes: Buffer): void => {
    const path = join(secrets, name)
    writeFileSync(path, bytes, { mode: 0o440 })
    chmodSync(path, 0o440)
    bytes.fill(0)
  }
  write('env', createEnvironmentFile(environment))
  write('argv', createArgvFile(scriptArgv(step.shell, `${inside.secrets}/${file}`)))
  write(file, wrapScript(step.shell, request.command, step.outputVariables, `${inside.ctl}/outputs`))
  // Held open, and everything in them reached through what is held: a step that puts a link in their place leads nobody elsewhere.
  const folder = holdFolder(join(place.ctl, stepRunId))
  const outputs = holdFolder(join(folder.path, 'outputs'))
  const ctl = folder.path

  await orGone(() => writeLine(join(place.ctl, 'start'), stepRunId), request.signal, clock)
  await until(() => existsSync(join(ctl, 'running')), request.signal, clock)
  const stdout = readFifo(join(ctl, 'out'))
  const stderr = readFifo(join(ctl, 'err'))
  await orGone(() => writeLine(join(ctl, 'signal'), 'GO'), request.signal, clock)
  return {
    process: {
      stdout,
      stderr,
      exit: awaitExit(join(ctl, 'exit'), [stdout, stderr], clock),
      signal: (name) => {
        try {
          writeLine(join(ctl, 'signal'), name)
        } catch {
          // The step has ended, and its FIFO with it.
        }
      },
      wasTold: () => existsSync(join(ctl, 'told')),
      dispose: () => {
        for (const socket of [stdout, stderr]) socket.destroy()
        // The memory volume keeps nothing of a step that is over.
        rmSync(secrets, { recursive: true, force: true })
        folder.close()
        outputs.close()
      },
    },
    readOutputs: () => readOutputs(outputs.path, join(ctl, 'output'), step.outputVariables),
  }
}

/** Lets a container end that has no further step to run. Nothing happens where it has not begun. */
export function endContainer(place: StepContainerPlace): void {
  try {
    writeLine(join(place.ctl, 'start'), 'end')
  } catch {
    // Never started, or gone: the pod's removal ends it.
  }
}

/** A new folder: one that is there already was made by somebody else. */
function makeFolder(path: string, mode: number): void {
  mkdirSync(path)
  // The process's umask does not decide who may use it.
  chmodSync(path, mode)
}

/** A new folder for both sides, by a path that stays its own whatever its name comes to mean. Linux only, as pods are. */
function holdFolder(path: string): { readonly path: string; readonly close: () => void } {
  makeFolder(path, 0o2770)
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  return { path: `/proc/self/fd/${String(folder)}`, close: () => closeSync(folder) }
}

/** Writes to a FIFO that somebody reads; with nobody there it fails at once instead of waiting. */
function writeLine(path: string, line: string): void {
  const fifo = openFifo(path, constants.O_WRONLY)
  try {
    writeSync(fifo, `${line}\n`)
  } finally {
    closeSync(fifo)
  }
}

/** Opens what has to be a FIFO, without waiting for its other end. */
function openFifo(path: string, mode: number): number {
  const file = openSync(path, mode | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  if (fstatSync(file).isFIFO()) return file
  closeSync(file)
  throw new AppError(
    'failedPrecondition',
    'STEP_CONTAINER_TAMPERED',
    'The step’s container put something else in the place of a FIFO.',
  )
}

function readFifo(path: string): Socket {
  const socket = new Socket({ fd: openFifo(path, constants.O_RDONLY), readable: true, writable: false })
  socket.on('error', () => {
    // A stream that breaks has ended; the exit file says how the step did.
  })
  return socket
}

async function awaitExit(file: string, streams: readonly Socket[], clock: Clock): Promise<number> {
  const ended = Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))))
  let isDrained = false
  void ended.then(() => {
    isDrained = true
  })
  let sinceDrained = 0
  while (!existsSync(file)) {
    await clock.sleep(pollMs)
    sinceDrained = isDrained ? sinceDrained + pollMs : 0
    if (sinceDrained > goneMs) {
      throw containerGone()
    }
  }
  await Promise.race([ended, clock.sleep(drainMs)])
  const code = Number((readBounded(file) ?? '').toString().trim())
  return Number.isInteger(code) ? code : 255
}

/** Writes to a container that may have ended. With its whole pod told to end the runner hears of it in a moment: that is waited for. */
async function orGone(write: () => void, signal: AbortSignal, clock: Clock): Promise<void> {
  try {
    write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    await clock.sleep(goneMs, signal).catch(() => {
      // That is why: the step's own word on it follows.
    })
    throw containerGone()
  }
}

function containerGone(): AppError {
  return new AppError('unavailable', 'STEP_CONTAINER_GONE', 'The step’s container ended before the step did.', {
    hint: 'It may have run out of memory, or somebody removed the pod: see the Kubernetes events of the execution.',
  })
}

async function until(condition: () => boolean, signal: AbortSignal, clock: Clock): Promise<void> {
  for (let waitMs = pollMs; !condition(); waitMs = Math.min(200, waitMs + 10)) {
    signal.throwIfAborted()
    await clock.sleep(waitMs, signal)
  }
}
