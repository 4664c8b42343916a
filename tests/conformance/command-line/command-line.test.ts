import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { spawn } from 'node:child_process'
import { describe, it } from 'node:test'
import { openTestDatabase, requireOrSkip, waitFor } from '@sluice/testkit'
import { runProgram } from '../../../apps/cli/src/program.ts'
import type { OracleAnswer } from '../oracle.ts'
import { canRecord, openWarmLiquibase } from '../oracle/warm-liquibase.ts'
import type { Scene, SceneStep } from './scene.ts'
import { scenes } from './scenes.ts'

const root = resolve(import.meta.dirname, '../../..')
const answersFolder = join(import.meta.dirname, '../answers/command-line')
const refresh = process.env['REFRESH_ORACLE'] === '1'

interface Place {
  readonly dir: string
  readonly fill: (text: string) => string
  readonly hide: (text: string) => string
  readonly argv: (step: SceneStep) => readonly string[]
}

/** A folder with the scene's files and a database of its own; removed afterwards. */
async function withPlace<T>(scene: Scene, use: (place: Place) => Promise<T>): Promise<T> {
  const database = await openTestDatabase()
  const dir = mkdtempSync(join(tmpdir(), 'sluice-command-line-'))
  try {
    const url = `jdbc:postgresql://127.0.0.1:${String(database.port)}/${database.name}`
    const words: readonly (readonly [string, string])[] = [
      ['{url}', url],
      ['{user}', database.user],
      ['{password}', database.password],
    ]
    const fill = (text: string): string => words.reduce((filled, [word, value]) => filled.replaceAll(word, value), text)
    const hide = (text: string): string =>
      text
        .replaceAll(url, '{url}')
        .replaceAll(database.password, '{password}')
        .replaceAll(dir, '{dir}')
        .replaceAll(/(LOCKEDBY = |Java Home )[^,\n]*/g, '$1{host}')
    for (const [name, text] of Object.entries(scene.files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), fill(text))
    }
    const connection =
      scene.connects === false ? [] : [`--url=${url}`, `--username=${database.user}`, `--password=${database.password}`]
    return await use({ dir, fill, hide, argv: (step) => (step.argv.length === 0 ? [] : [...connection, ...step.argv.map(fill)]) })
  } finally {
    rmSync(dir, { recursive: true, force: true })
    await database.drop()
  }
}

/** What the real Liquibase says to a scene: kept by content, asked again with REFRESH_ORACLE=1. */
async function askLiquibase(scene: Scene): Promise<readonly OracleAnswer[] | undefined> {
  const asked = JSON.stringify([scene.files, scene.env, scene.connects, scene.steps.map(({ argv }) => argv)])
  const path = join(answersFolder, `${createHash('sha256').update(asked).digest('hex').slice(0, 24)}.json`)
  if (!refresh && existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as OracleAnswer[]
  if (!canRecord()) return undefined
  const answers = await withPlace(scene, async ({ dir, fill, hide, argv }) => {
    await using liquibase = openWarmLiquibase({ cwd: dir, env: fillAll(scene.env, fill) })
    const all: OracleAnswer[] = []
    for (const step of scene.steps) {
      const { exitCode, stdout, stderr } = await liquibase.run(argv(step))
      // A help page of 60 KB says no more than its beginning.
      all.push({ exitCode, stdout: hide(stdout).slice(0, 6000), stderr: hide(stderr).slice(0, 6000) })
    }
    return all
  })
  mkdirSync(answersFolder, { recursive: true })
  writeFileSync(path, `${JSON.stringify(answers, null, 1)}\n`)
  return answers
}

function fillAll(env: Scene['env'], fill: Place['fill']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, fill(value)]))
}

/** In this process, in the scene's folder: as a process it would be the same, and a second slower. */
async function runSluice(scene: Scene, place: Place, step: SceneStep): Promise<OracleAnswer> {
  const said = { out: '', err: '' }
  const before = process.cwd()
  process.chdir(place.dir)
  try {
    const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...fillAll(scene.env, place.fill) }
    const exitCode = await runProgram(['liquibase', '--show-banner=false', ...place.argv(step)], env, {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
    })
    return { exitCode, stdout: place.hide(said.out), stderr: place.hide(said.err) }
  } finally {
    process.chdir(before)
  }
}

/** What is the same whenever and wherever it runs. */
function settle(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, '').trim()
}

function factsOf(answer: OracleAnswer, fact: RegExp): readonly string[] {
  const all = `${answer.stdout}\n${answer.stderr}`.matchAll(new RegExp(fact.source, 'g'))
  return [...new Set([...all].map((match) => match[1] ?? match[0]))].toSorted()
}

describe('sluice liquibase beside the real Liquibase', () => {
  for (const scene of scenes) {
    it(`does alike: ${scene.name}`, async (t) => {
      const answers = await askLiquibase(scene)
      const reason = requireOrSkip('a stored answer of Liquibase, or a JDK to record one', answers !== undefined)
      if (answers === undefined) return t.skip(reason === false ? undefined : reason)
      await withPlace(scene, async (place) => {
        for (const [index, step] of scene.steps.entries()) {
          const theirs: OracleAnswer = answers[index] ?? { exitCode: -2, stdout: '', stderr: '' }
          const ours = await runSluice(scene, place, step)
          const what = `${step.argv.join(' ')}\n--- ours\n${ours.stdout}${ours.stderr}\n--- theirs\n${theirs.stdout}${theirs.stderr}`
          if (step.differs !== undefined) {
            notEqual(ours.exitCode, theirs.exitCode, `no difference any more: ${what}`)
            continue
          }
          equal(ours.exitCode, theirs.exitCode, what)
          if (step.stdout === 'same') equal(settle(ours.stdout), settle(theirs.stdout), what)
          if (step.fact !== undefined) deepEqual(factsOf(ours, step.fact), factsOf(theirs, step.fact), what)
        }
        return undefined
      })
    })
  }
})

describe('a password on the command line', () => {
  it('is not there any more once the command runs, and is warned about', { skip: process.platform !== 'linux' }, async () => {
    await using database = await openTestDatabase()
    const url = `--url=jdbc:postgresql://127.0.0.1:${String(database.port)}/${database.name}`
    const argv = [
      'liquibase',
      url,
      `--username=${database.user}`,
      `--password=${database.password}`,
      'execute-sql',
      '--sql=select pg_sleep(30)',
    ]
    const child = spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), ...argv], { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await waitFor(() => said.includes('LIQUIBASE_COMMAND_PASSWORD'), { timeoutMs: 60_000 })
      equal(readFileSync(`/proc/${String(child.pid)}/cmdline`, 'latin1').includes(database.password), false)
      equal(said.includes(database.password), false)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('is refused by sluice db, without repeating it', async () => {
    for (const words of [['--password=hunter2'], ['--password', 'hunter2'], ['--url', 'postgres://u:hunter2@h/d']]) {
      let said = ''
      const collect = (text: string): void => void (said += text)
      const code = await runProgram(['db', 'status', ...words], {}, { out: collect, err: collect })
      equal(code, 2)
      equal(said.includes('PASSWORD_ON_COMMAND_LINE'), true, said)
      equal(said.includes('hunter2'), false)
    }
  })
})
