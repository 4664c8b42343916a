import { mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { AppError, silentLogger, toAppError } from '@sluice/base'
import { type FileLock, tryFileLock } from '@sluice/embedded-postgres'
import { runExample } from './run-example.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { openExampleDatabases } from './example-databases.ts'
import { makeExampleRepository } from './example-repository.ts'
import { readDatabaseStates } from './expected-state.ts'
import { chooseRelease } from './choose-release.ts'
import { say, sayStep } from './say.ts'
import { readStartOptions } from './start-options.ts'
import { StopList } from './stop-list.ts'
import { suggestNext } from './suggest-next.ts'

const checkout = join(import.meta.dirname, '../..')

async function main(): Promise<number> {
  const options = readStartOptions(process.argv.slice(2))
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const lock = lockData(options.dataDir)
  const stops = new StopList()
  stops.add(() => lock.release())
  const interrupted = new Promise<'interrupted'>((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'))
    process.once('SIGTERM', () => resolve('interrupted'))
  })
  try {
    const work = startAll(options, stops)
    const first = await Promise.race([work, interrupted])
    if (first === 'interrupted') {
      say('\nStopping …')
      // What is still being started ends with an error of its own, which nobody needs to see any more.
      work.catch(() => {})
      return 130
    }
    if (options.once) return first.exitCode
    say('\nPress Ctrl-C to stop.')
    const end = await Promise.race([interrupted, first.broken])
    if (end !== 'interrupted') throw new AppError('unavailable', 'PROCESS_ENDED', end)
    say('\nStopping …')
    return 0
  } finally {
    await stops.run()
  }
}

async function startAll(
  options: ReturnType<typeof readStartOptions>,
  stops: StopList,
): Promise<{ exitCode: number; broken: Promise<string> }> {
  const { dataDir } = options
  sayStep('Starting the control plane, a delegate and three example databases')
  const repository = makeExampleRepository(join(checkout, 'examples/shop/repository'), dataDir)
  const controlPlane = startControlPlane({ checkout, dataDir, port: options.port, stops })
  // Stays handled while the rest is awaited first; its own failure is thrown where it is used.
  controlPlane.catch(() => {})
  repository.catch(() => {})
  const plane = await controlPlane
  const databases = await openExampleDatabases(dataDir, !(await plane.hasSecretValues()), silentLogger)
  for (const { server } of databases) stops.add(() => server.stop())
  const repositoryDir = await repository
  const delegate = await plane.startDelegate(repositoryDir, databases)
  const release = chooseRelease(await readDatabaseStates(databases, repositoryDir))
  const execution = await runExample({ checkout, dataDir, plane, databases, repositoryDir, release })
  const states = await readDatabaseStates(databases, repositoryDir)
  const isExpected =
    states.length === databases.length &&
    states.every((state) => state.isUpToDate && state.lastTag === `${state.name}-${release}`)

  sayStep(
    isExpected
      ? execution.appliedCount === 0
        ? 'Everything was up to date already'
        : 'Done'
      : 'The databases are not at the expected state',
  )
  for (const state of states) {
    say(
      `  ${state.name.padEnd(11)} 127.0.0.1:${String(state.port)}/shop  ${state.isUpToDate ? 'up to date' : 'NOT up to date'}, ${String(state.applied)} changesets, tag ${state.lastTag ?? '-'}`,
    )
  }
  if (options.once) say('\nEverything stops now; ./start without --once keeps it running, with the web UI.')
  else {
    const isDone = isExpected && execution.state === 'Succeeded'
    const next = { executionId: execution.id, isExpected: isDone, databases: states, repositoryDir: nameForPerson(repositoryDir) }
    await sayWhatNext(plane, suggestNext(next), dataDir)
  }
  const broken = Promise.race(
    [...plane.processes, delegate].map(async (child) => {
      await child.ended
      return `The ${child.name} has ended. Its log: ${child.logPath}`
    }),
  )
  return { exitCode: isExpected && execution.state === 'Succeeded' ? 0 : 1, broken }
}

async function sayWhatNext(plane: ControlPlane, commands: readonly string[], dataDir: string): Promise<void> {
  say(`\nWeb UI: ${await plane.loginLink()}`)
  say('        (this link opens it once, within ten minutes; ./sluice login --web makes another)')
  say('\nTry next:')
  for (const command of commands) say(`  ${command}`)
  if (dataDir !== join(checkout, '.sluice'))
    say(`  (with SLUICE_CONFIG=${join(dataDir, 'cli.json')} in front, as the data folder is not the default one)`)
}

/** A folder as it is typed from here, where that is shorter. */
function nameForPerson(dir: string): string {
  const path = relative(process.cwd(), dir)
  return path.startsWith('..') ? dir : path
}

function lockData(dataDir: string): FileLock {
  const lock = tryFileLock(join(dataDir, 'start.lock'))
  if (lock !== undefined) return lock
  throw new AppError('conflict', 'ALREADY_RUNNING', `Another ./start is running on "${dataDir}".`, {
    hint: 'Use that one, stop it with Ctrl-C, or choose another folder with --data.',
  })
}

try {
  process.exitCode = await main()
} catch (thrown) {
  const error = toAppError(thrown)
  process.stderr.write(`\nError: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`)
  if (error.kind === 'internal') process.stderr.write(`${error.stack ?? ''}\n`)
  process.exitCode = error.kind === 'invalid' ? 2 : 1
}
process.exit()
