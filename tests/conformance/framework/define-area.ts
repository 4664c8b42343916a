import { deepEqual } from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { requireOrSkip } from '@sluice/testkit'
import { differences } from '../differences.ts'
import { knownFailures } from '../known-failures.ts'
import { canRecord, openWarmLiquibase } from '../oracle/warm-liquibase.ts'
import { matchesKey } from './matches-key.ts'
import { caseKey, conformanceDatabases } from './model.ts'
import type { ChangesetArea, ConformanceArea, ConformanceDatabase, ScenarioArea } from './model.ts'
import { casesOn, contentOf, openAnswers, recordArea } from './record-area.ts'
import { runScenario } from './run-scenario.ts'
import { runSluice } from './sluice-scenario.ts'
import { runChangesets } from './sluice-side.ts'
import { skipWithout } from './twin.ts'

/** A file that gets a line per comparison, for looking at many differences at once. */
const reportPath = process.env['CONFORMANCE_REPORT']

/** Defines the tests of one area: each case on each of its databases is one test. */
export function defineArea(area: ConformanceArea): void {
  for (const database of conformanceDatabases) {
    if (casesOn(area, database).length === 0) continue
    describe(`${area.area} on ${database}`, { skip: skipWithout(database) }, () => {
      if (area.kind === 'changesets') defineChangesets(area, database)
      else defineScenarios(area, database)
    })
  }
}

function defineChangesets(area: ChangesetArea, database: ConformanceDatabase): void {
  const { cases, missing } = openAnswers(area, database)
  let ours: Awaited<ReturnType<typeof runChangesets>> = new Map()
  let theirs = openAnswers(area, database).answers
  before(async () => {
    if (missing.length > 0 && canRecord()) {
      await using liquibase = openWarmLiquibase()
      await recordArea(area, database, liquibase)
      theirs = openAnswers(area, database).answers
    }
    ours = await runChangesets(area, casesOn(area, database), database)
  })
  for (const one of cases) {
    it(one.name, { skip: needsAnswer(!missing.includes(one)) }, () => {
      const { problems, ...actual } = ours.get(one.name) ?? { problems: ['It did not run.'] }
      judge(caseKey(area.area, one.name, database), actual, theirs.find(one.name, contentOf(area, one)), problems)
    })
  }
}

function defineScenarios(area: ScenarioArea, database: ConformanceDatabase): void {
  const { missing } = openAnswers(area, database)
  let theirs = openAnswers(area, database).answers
  before(async () => {
    if (missing.length === 0 || !canRecord()) return
    await using liquibase = openWarmLiquibase()
    await recordArea(area, database, liquibase)
    theirs = openAnswers(area, database).answers
  })
  for (const one of casesOn(area, database)) {
    it(one.name, { skip: needsAnswer(!missing.includes(one)) }, async () => {
      const { problems, answer } = await runScenario(runSluice, one, database)
      judge(caseKey(area.area, one.name, database), answer, theirs.find(one.name, contentOf(area, one)), problems)
    })
  }
}

function needsAnswer(isStored: boolean): false | string {
  return requireOrSkip('a JDK, or the stored answer of Liquibase', isStored || canRecord())
}

/** Equal, or listed as different: a listed case that has become equal fails too, so that the lists stay true. */
function judge(key: string, found: unknown, expected: unknown, problems: readonly string[]): void {
  // As an answer is once it has been stored.
  const actual: unknown = JSON.parse(JSON.stringify(found))
  const listed = differences.find((one) => matchesKey(one.case, key)) ?? knownFailures.find((one) => matchesKey(one.case, key))
  const isEqual = isDeepStrictEqual(actual, expected)
  if (reportPath !== undefined) {
    const differs = isEqual ? undefined : explain(actual, expected, problems)
    appendFileSync(reportPath, `${JSON.stringify({ key, listed: listed?.case, differs })}\n`)
  }
  if (listed === undefined) deepEqual(actual, expected, explain(actual, expected, problems))
  else if (isEqual) {
    throw new Error(`"${key}" is listed as different from Liquibase ("${listed.reason}"), but it is equal now: remove it.`)
  }
}

function explain(actual: unknown, expected: unknown, problems: readonly string[]): string {
  const lines = (value: unknown): readonly string[] => JSON.stringify(value, null, 1).split('\n')
  const ours = lines(actual)
  const theirs = lines(expected ?? null)
  const only = (left: readonly string[], right: readonly string[], mark: string): readonly string[] =>
    left.filter((line) => !right.includes(line)).map((line) => `${mark} ${line.trim()}`)
  return [
    '',
    ...only(theirs, ours, 'Liquibase:'),
    ...only(ours, theirs, 'Sluice:   '),
    ...problems.map((text) => `Problem:   ${text}`),
  ].join('\n')
}
