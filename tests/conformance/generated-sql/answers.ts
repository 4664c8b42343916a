import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { caseGroups } from './all-cases.ts'
import { buildChangelog } from './build-changelog.ts'

export const sqlDatabases = ['postgresql', 'cockroachdb', 'mysql', 'mariadb', 'sqlite'] as const
export type SqlDatabase = (typeof sqlDatabases)[number]

/** What Liquibase generates for one case on one database. */
export interface SqlAnswer {
  /** Statements without their delimiter, joined by empty lines; null where it refuses the change. */
  readonly sql: string | null
  /** The same for the rollback; null where there is none. */
  readonly rollback: string | null
}

/** Answers by case and database; databases that say the same share one. */
type StoredAnswers = Readonly<Record<string, readonly { readonly on: readonly SqlDatabase[]; readonly answer: SqlAnswer }[]>>

const root = resolve(import.meta.dirname, '../../..')
const library = join(root, 'node_modules/liquibase/dist/liquibase/internal/lib')
const program = resolve(import.meta.dirname, '../oracle/java/GenerateSql.java')
export const filesFolder = join(import.meta.dirname, 'files')

/**
 * The real Liquibase's SQL for one group of cases. Kept by content: without Java the stored answers are used, `REFRESH_ORACLE=1` asks
 * again. Undefined where neither is there.
 */
export function readAnswers(group: string): ((id: string, database: SqlDatabase) => SqlAnswer | undefined) | undefined {
  const path = join(import.meta.dirname, '../answers', `generated-sql.${group}.json`)
  const key = contentKey(group)
  const stored = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { key: string; answers: StoredAnswers })
    : undefined
  if (stored?.key === key && process.env['REFRESH_ORACLE'] !== '1') return lookUp(stored.answers)
  if (!existsSync(library) || spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) return undefined
  const answers = askLiquibase(group)
  const lines = Object.entries(answers).map(([id, one]) => `${JSON.stringify(id)}: ${JSON.stringify(one)}`)
  writeFileSync(path, `{"key": "${key}", "answers": {\n${lines.join(',\n')}\n}}\n`)
  return lookUp(answers)
}

function lookUp(answers: StoredAnswers): (id: string, database: SqlDatabase) => SqlAnswer | undefined {
  return (id, database) => answers[id]?.find((one) => one.on.includes(database))?.answer
}

function contentKey(group: string): string {
  const hash = createHash('sha256').update('4.28.0').update(readFileSync(program))
  hash.update(buildChangelog(caseGroups[group] ?? []))
  for (const file of readdirSync(filesFolder).toSorted()) hash.update(file).update(readFileSync(join(filesFolder, file)))
  return hash.digest('hex').slice(0, 32)
}

interface Line {
  readonly id: string
  readonly database: SqlDatabase
  readonly sql?: readonly string[]
  readonly rollback?: readonly string[]
}

function askLiquibase(group: string): StoredAnswers {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sql-'))
  try {
    cpSync(filesFolder, join(folder, 'changelog'), { recursive: true })
    writeFileSync(join(folder, 'changelog', 'changelog.json'), buildChangelog(caseGroups[group] ?? []))
    const jars = readdirSync(library).filter((name) => !/commercial|snowflake/.test(name))
    const classPath = jars.map((name) => join(library, name)).join(':')
    const result = spawnSync(
      'java',
      [
        '-XX:TieredStopAtLevel=1',
        '-XX:+UseSerialGC',
        '-cp',
        classPath,
        program,
        join(folder, 'changelog'),
        folder,
        sqlDatabases.join(','),
        'changelog.json',
      ],
      { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, timeout: 300_000 },
    )
    if (result.status !== 0) throw new Error(`Liquibase did not answer:\n${result.stderr}`)
    const answers: Record<string, { on: SqlDatabase[]; answer: SqlAnswer }[]> = {}
    for (const text of result.stdout.split('\n').filter((line) => line !== '')) {
      const line = JSON.parse(text) as Line
      const answer = { sql: joinSql(line.sql), rollback: joinSql(line.rollback) }
      const known = (answers[line.id] ??= [])
      const same = known.find((one) => one.answer.sql === answer.sql && one.answer.rollback === answer.rollback)
      if (same === undefined) known.push({ on: [line.database], answer })
      else same.on.push(line.database)
    }
    return answers
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Statements as they are compared: without blanks and delimiters at their ends. */
export function joinSql(statements: readonly string[] | undefined): string | null {
  if (statements === undefined) return null
  return statements
    .map((sql) => sql.trim().replace(/;\s*$/, '').trim())
    .filter((sql) => sql !== '')
    .join('\n\n')
}
