import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { OracleAnswer } from '../oracle.ts'

/** One JVM that runs command after command of the real Liquibase 4.28.0. */
export interface WarmLiquibase extends AsyncDisposable {
  /** Global flags, command, its flags. One after the other. */
  run(args: readonly string[]): Promise<OracleAnswer>
}

const libraries = resolve(import.meta.dirname, '../../../node_modules/liquibase/dist/liquibase/internal/lib')
const sources = join(import.meta.dirname, 'java')
// What no case needs: drivers of other databases, and the closed commercial part.
const leftOut = /snowflake|ojdbc|jcc|mssql|jaybird|hsqldb|commercial/

let usable: boolean | undefined

/** Whether answers can be recorded here: the npm package (a development dependency) and a JDK, since our own driver is compiled. */
export function canRecord(): boolean {
  usable ??= existsSync(libraries) && spawnSync('javac', ['-version'], { stdio: 'ignore' }).status === 0
  return usable
}

/** Starts the JVM; the first command takes seconds, later ones a fraction of one. */
export function openWarmLiquibase(
  place: { readonly cwd?: string | undefined; readonly env?: Readonly<Record<string, string>> | undefined } = {},
): WarmLiquibase {
  const jars = readdirSync(libraries).filter((name) => name.endsWith('.jar') && !leftOut.test(name))
  const classPath = jars.map((name) => join(libraries, name)).join(':')
  const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m', '-Duser.timezone=UTC', '-cp']
  const child = spawn('java', [...flags, `${compile(classPath)}:${classPath}`, 'WarmLiquibase'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(place.cwd === undefined ? {} : { cwd: place.cwd }),
    env: { PATH: process.env['PATH'], HOME: tmpdir(), LANG: 'C.UTF-8', ...place.env },
  })
  const chunks: Buffer[] = []
  let wanted: { readonly done: (answer: OracleAnswer) => void; readonly failed: (error: Error) => void } | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    const answer = readAnswer(Buffer.concat(chunks))
    if (answer === undefined) return
    chunks.length = 0
    wanted?.done(answer)
  })
  child.on('exit', (code) => wanted?.failed(new Error(`The JVM ended with exit code ${code}.`)))
  let turn: Promise<unknown> = Promise.resolve()
  const run = (args: readonly string[]): Promise<OracleAnswer> => {
    const next = turn.then(
      () =>
        new Promise<OracleAnswer>((done, failed) => {
          wanted = { done, failed }
          child.stdin.write(encode(['--show-banner=false', '--log-level=off', ...args]))
        }),
    )
    turn = next.catch(() => {})
    return next
  }
  return {
    run,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return
      await new Promise((done) => {
        child.once('exit', done)
        child.stdin.end()
      })
    },
  }
}

function compile(classPath: string): string {
  const files = globSync('**/*.java', { cwd: sources }).map((name) => join(sources, name))
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  const folder = join(tmpdir(), `sluice-oracle-${process.getuid?.() ?? 0}-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(join(folder, 'WarmLiquibase.class'))) return folder
  mkdirSync(folder, { recursive: true })
  const { status, stderr } = spawnSync('javac', ['-nowarn', '-cp', classPath, '-d', folder, ...files], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`Compiling the driver of Liquibase failed:\n${stderr}`)
  return folder
}

function encode(args: readonly string[]): Buffer {
  return Buffer.concat([int(args.length), ...args.flatMap((arg) => [int(Buffer.byteLength(arg)), Buffer.from(arg)])])
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function readAnswer(bytes: Buffer): OracleAnswer | undefined {
  if (bytes.length < 8) return undefined
  const afterStdout = 8 + bytes.readInt32BE(4)
  if (bytes.length < afterStdout + 4) return undefined
  const end = afterStdout + 4 + bytes.readInt32BE(afterStdout)
  if (bytes.length < end) return undefined
  return {
    exitCode: bytes.readInt32BE(0),
    stdout: bytes.toString('utf8', 8, afterStdout),
    stderr: bytes.toString('utf8', afterStdout + 4, end),
  }
}
