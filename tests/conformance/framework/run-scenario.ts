import type { OracleAnswer } from '../oracle.ts'
import type { ConformanceDatabase, ScenarioAnswer, ScenarioCase, StepAnswer } from './model.ts'
import { describeDatabase, historyRows } from './observe.ts'
import { readOutput, rootOf, splitWords } from './scenario-text.ts'
import { changeFiles, writeFiles } from './test-files.ts'
import { openTwin } from './twin.ts'

/** Runs one command line, Liquibase's or Sluice's: global flags, command, its flags. */
export type RunCommandLine = (args: readonly string[]) => Promise<OracleAnswer>

const withoutChangelog = /^(?:history|tag|tag-exists|release-locks|list-locks|clear-checksums|drop-all|execute-sql)$/

/** Runs a scenario on a database of its own. `problems` say why steps failed, for whoever reads a failed comparison. */
export async function runScenario(
  run: RunCommandLine,
  one: ScenarioCase,
  dbms: ConformanceDatabase,
): Promise<{ readonly answer: ScenarioAnswer; readonly problems: readonly string[] }> {
  await using twin = await openTwin(dbms)
  await using folder = await writeFiles(one.files)
  const problems: string[] = []
  const steps: StepAnswer[] = []
  for (const step of one.steps) {
    if (typeof step === 'object' && 'files' in step) {
      changeFiles(folder.path, step.files)
      continue
    }
    // SQLite lets one connection write at a time, so none is held while a command runs.
    if (typeof step === 'object') {
      await using before = await twin.observe()
      await before.query(step.sql)
      continue
    }
    const [command = '', ...flags] = splitWords(step)
    const answer = await run([
      ...twin.liquibaseArgs,
      `--search-path=${folder.path}`,
      command,
      ...(withoutChangelog.test(command) ? [] : [`--changelog-file=${rootOf(one)}`]),
      ...flags,
    ])
    await using after = await twin.observe()
    if (answer.exitCode !== 0) problems.push(`${step}: ${answer.stderr.trim()}`)
    steps.push({
      exit: answer.exitCode === 0 ? 'ok' : 'failed',
      output: answer.exitCode === 0 ? readOutput(command, answer.stdout, answer.stderr) : [],
      rows: (await historyRows(after)).map(({ line }) => line),
    })
  }
  await using observer = await twin.observe()
  const lines = await describeDatabase(observer, dbms)
  return { answer: { steps, schema: lines.map(({ line }) => line) }, problems }
}
