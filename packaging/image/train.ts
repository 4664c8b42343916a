// Runs the example with the bundles in dist/, and puts the code that V8 compiled of them into an image's folder, where nothing can be
// written later:  ./scripts/node packaging/image/train.ts FOLDER
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Script } from 'node:vm'
import { createToken, silentLogger } from '@sluice/base'
import { type CachedCode, readCachedCode } from '@sluice/code-cache'
import { openEmbeddedPostgres } from '@sluice/embedded-postgres'

const run = promisify(execFile)
const repositoryRoot = resolve(import.meta.dirname, '../..')
const dist = join(repositoryRoot, 'dist')

/**
 * Fills `<home>/.compile-cache` for the programs that are one file each: `home` holds the same bundles as dist/, which is built. Throws where
 * a program left nothing.
 */
export async function trainPrograms(home: string): Promise<void> {
  const programs = readdirSync(home).filter((name) => /-main-[0-9a-f]{8}\.cjs$/.test(name))
  const codeOf = (program: string): string => join('.compile-cache', `${program}-${process.version}-${process.arch}.code`)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-train-'))
  try {
    await Promise.all([runPipeline(join(folder, 'start')), runCommands(folder)])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  mkdirSync(join(home, '.compile-cache'), { recursive: true })
  for (const program of programs) {
    const code = codeOf(program)
    const trained = readCachedCode(join(dist, code))
    if (trained === undefined) throw new Error(`${program} left no compiled code in ${join(dist, code)}.`)
    assertTaken(home, trained)
    copyFileSync(join(dist, code), join(home, code))
    // Whoever the image runs as reads it.
    chmodSync(join(home, code), 0o644)
  }
}

/** V8 takes the code for the very scripts of the image, or its pods would start slowly without anybody noticing. */
function assertTaken(home: string, { scripts }: CachedCode): void {
  for (const [name, cachedData] of scripts) {
    const filename = join(home, name)
    const { cachedDataRejected } = new Script(readFileSync(filename, 'latin1'), { filename, cachedData })
    if (cachedDataRejected !== false) throw new Error(`V8 refuses the code that it compiled of ${name}.`)
  }
}

/** The example as ./start runs it: runners fetch from Git and apply to PostgreSQL. */
async function runPipeline(dataDir: string): Promise<void> {
  const main = join(repositoryRoot, 'scripts/start/main.ts')
  await run(process.execPath, [main, '--once', '--data', dataDir], { cwd: repositoryRoot, timeout: 180_000 })
}

/** The commands that people and their scripts run most, on PostgreSQL. */
async function runCommands(folder: string): Promise<void> {
  const password = createToken()
  const server = await openEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    user: 'postgres',
    password,
    logger: silentLogger,
    durability: 'off',
    lifetime: 'child',
  })
  try {
    const target = ['--url', `jdbc:postgresql://127.0.0.1:${String(server.port)}/postgres`, '--user', 'postgres']
    const changelog = [
      '--search-path',
      join(repositoryRoot, 'examples/shop/repository'),
      '--changelog',
      'db/changelog.yaml',
      '--contexts',
      'dev',
    ]
    const command = (...words: readonly string[]): Promise<unknown> =>
      run(process.execPath, [join(dist, 'cli.js'), 'db', ...words], { env: { ...process.env, SLUICE_DB_PASSWORD: password } })
    await command('preview', ...target, ...changelog)
    await command('apply', ...target, ...changelog)
    await command('status', ...target, ...changelog)
    await command('history', ...target)
    await command('rollback', '--count', '1', ...target, ...changelog)
  } finally {
    await server.stop()
  }
}

if (process.argv[1] === import.meta.filename) await trainPrograms(process.argv[2] ?? '')
