import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What a run of the real Liquibase said. */
export interface OracleAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const root = resolve(import.meta.dirname, '../..')
const program = join(root, 'node_modules/liquibase/dist/liquibase/liquibase')
const answersFolder = join(import.meta.dirname, 'answers')
const refresh = process.env['REFRESH_ORACLE'] === '1'

/** Whether the real Liquibase can be started here: the npm package (a development dependency) and a Java. */
export function canRunLiquibase(): boolean {
  return existsSync(program) && spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0
}

/** Runs the real Liquibase 4.28.0. Arguments follow the command line's own order: global flags, command, its flags. */
export function runLiquibase(args: readonly string[]): OracleAnswer {
  const result = spawnSync(program, ['--show-banner=false', '--log-level=off', ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
    env: { ...process.env, JAVA_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' },
  })
  return { exitCode: result.status ?? -1, stdout: result.stdout, stderr: result.stderr }
}

/**
 * The SQL that the real Liquibase generates for a changelog on an offline PostgreSQL, per changeset id, without its own tables.
 * Kept by content: without Java the stored answer is used, `REFRESH_ORACLE=1` asks again. Undefined where neither is there.
 */
export function offlineSql(
  command: 'update-sql' | 'future-rollback-sql',
  changelogFile: string,
  dbms: 'postgresql',
): Readonly<Record<string, readonly string[]>> | undefined {
  const text = readFileSync(changelogFile, 'utf8')
  const key = createHash('sha256').update(`${command} 4.28.0 ${dbms}\n`).update(text).digest('hex').slice(0, 32)
  const name = changelogFile.replace(/^.*\//, '')
  return cached(`${name.replace(/\.\w+$/, '')}.${command}.${key}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-oracle-'))
    try {
      const url = `offline:${dbms}?outputLiquibaseSql=none&changeLogFile=${join(folder, 'history.csv')}`
      const answer = runLiquibase([
        `--url=${url}`,
        `--search-path=${resolve(changelogFile, '..')}`,
        `--changelog-file=${name}`,
        command,
      ])
      if (answer.exitCode !== 0) throw new Error(`Liquibase refused ${name}:\n${answer.stderr}`)
      return splitByChangeset(answer.stdout)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

function cached<T>(key: string, ask: () => T): T | undefined {
  const path = join(answersFolder, `${key}.json`)
  if (!refresh && existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T
  if (!canRunLiquibase()) return undefined
  const answer = ask()
  mkdirSync(answersFolder, { recursive: true })
  writeFileSync(path, `${JSON.stringify(answer, null, 2)}\n`)
  return answer
}

/** A comment line starts each changeset's block; statements are separated by blank lines. */
function splitByChangeset(output: string): Record<string, readonly string[]> {
  const blocks: Record<string, string[]> = {}
  const [, ...chunks] = output.split(/^-- (?:Changeset|Rolling Back ChangeSet:) /m)
  for (const chunk of chunks) {
    const lineEnd = chunk.indexOf('\n')
    const id = chunk.slice(0, lineEnd).split('::')[1] ?? ''
    const body = chunk.slice(lineEnd + 1).split(/\n\n+/)
    blocks[id] = body.map((part) => part.trim()).filter((part) => part !== '')
  }
  return blocks
}
