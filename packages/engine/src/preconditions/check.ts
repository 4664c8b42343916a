import { AppError } from '@sluice/base'
import { matchesDbms } from '@sluice/changelog'
import type {
  Changelog,
  ObjectQuotingStrategy,
  Precondition,
  PreconditionGroup,
  PreconditionOutcome,
  PreconditionTest,
} from '@sluice/changelog'
import { normalizeChangesetKey } from '../changeset-key.ts'
import { DatabaseError } from '../database.ts'
import type { Database, SqlValue } from '../database.ts'
import type { EngineFailure, OnEngineEvent } from '../events.ts'
import { toFailure } from '../run/failure.ts'
import { readHistoryRows } from '../tracking/history.ts'
import type { Tracking } from '../tracking/tables.ts'

/** Preconditions that do not hold, or could not be evaluated, and what the changelog says then. */
export interface BrokenPreconditions {
  readonly outcome: PreconditionOutcome
  readonly failure: EngineFailure
}

/** What the changelog says around preconditions. */
export interface PreconditionInput {
  readonly changelog: Changelog
  /** Of the changeset that they belong to; undefined for those of the changelog itself. */
  readonly objectQuotingStrategy?: ObjectQuotingStrategy | undefined
}

/** What preconditions are evaluated on; a `WriteSession` is one. */
export interface PreconditionSetting {
  readonly database: Database
  readonly tracking: Tracking
  readonly onEvent?: OnEngineEvent | undefined
  readonly cancellable: <T>(run: () => Promise<T>) => Promise<T>
}

/**
 * What preconditions mean where SQL is only written down (Liquibase's `onSqlOutput`): by default they count as holding, `TEST` evaluates
 * them on the database as it is now, `FAIL` is a precondition that does not hold. Gives the first broken group, WARN included.
 */
export async function previewPreconditions(
  setting: PreconditionSetting,
  groups: readonly PreconditionGroup[],
  input: PreconditionInput,
): Promise<BrokenPreconditions | undefined> {
  for (const group of groups) {
    const broken =
      group.onSqlOutput === 'TEST'
        ? await checkGroup(setting, group, input)
        : group.onSqlOutput === 'FAIL'
          ? refuseOutput(group)
          : undefined
    if (broken !== undefined) return broken
  }
  return undefined
}

function refuseOutput(group: PreconditionGroup): BrokenPreconditions {
  const error = new AppError('failedPrecondition', 'PRECONDITION_SQL_OUTPUT', 'The preconditions say onSqlOutput: FAIL.', {
    hint: 'Run the changelog on the database itself, or say TEST or IGNORE there.',
  })
  return { outcome: group.onFail, failure: { ...toFailure(error), file: group.place.file, line: group.place.line } }
}

/**
 * Evaluates preconditions on the live database, in a transaction that is rolled back. Gives the first group that does not hold and
 * says anything but WARN; warnings become events.
 */
export async function checkPreconditions(
  session: PreconditionSetting,
  groups: readonly PreconditionGroup[],
  input: PreconditionInput,
): Promise<BrokenPreconditions | undefined> {
  for (const group of groups) {
    const broken = await checkGroup(session, group, input)
    if (broken === undefined) continue
    if (broken.outcome !== 'WARN') return broken
    session.onEvent?.({ type: 'warning', code: broken.failure.code, message: broken.failure.message })
  }
  return undefined
}

async function checkGroup(
  session: PreconditionSetting,
  group: PreconditionGroup,
  input: PreconditionInput,
): Promise<BrokenPreconditions | undefined> {
  const { database } = session
  const evaluation: Evaluation = { session, input }
  const place = { file: group.place.file, line: group.place.line }
  await database.script(['BEGIN'])
  try {
    for (const condition of group.conditions) {
      const problem = await findProblem(condition, evaluation)
      if (problem === undefined) continue
      const error = new AppError('failedPrecondition', 'PRECONDITION_FAILED', group.onFailMessage ?? problem, {
        hint: 'Bring the database into the state that the changelog expects, or change its onFail.',
      })
      return { outcome: group.onFail, failure: { ...toFailure(error), ...place } }
    }
    return undefined
  } catch (error) {
    if (database.transactionState === 'closed') throw error
    const message = group.onErrorMessage ?? `A precondition could not be evaluated: ${(error as Error).message}`
    const failure = toFailure(new AppError('failedPrecondition', 'PRECONDITION_ERROR', message, { cause: error }))
    return {
      outcome: group.onError,
      failure: { ...failure, ...place, databaseCode: error instanceof DatabaseError ? error.code : undefined },
    }
  } finally {
    if (database.transactionState === 'active' || database.transactionState === 'failed') await database.script(['ROLLBACK'])
  }
}

interface Evaluation {
  readonly session: PreconditionSetting
  readonly input: PreconditionInput
}

/** Why a condition does not hold, or undefined when it does. */
async function findProblem(condition: Precondition, evaluation: Evaluation): Promise<string | undefined> {
  if (condition.type === 'test') return testProblem(condition, evaluation)
  const problems: string[] = []
  let holding = 0
  for (const child of condition.children) {
    const problem = await findProblem(child, evaluation)
    if (problem === undefined) holding++
    else if (condition.type === 'and') return problem
    else problems.push(problem)
  }
  if (condition.type === 'and') return undefined
  if (condition.type === 'or') return holding > 0 ? undefined : problems.join(' ')
  return holding > 0 ? 'A negated precondition holds.' : undefined
}

async function testProblem(test: PreconditionTest, evaluation: Evaluation): Promise<string | undefined> {
  const { session, input } = evaluation
  const { database, tracking } = session
  const attribute = (name: string): string => test.attributes[name] ?? ''
  switch (test.name) {
    case 'dbms':
      return matchesDbms(attribute('type'), database.dialect.name)
        ? undefined
        : `The database is ${database.dialect.name}, not ${attribute('type')}.`
    case 'runningAs':
      return tracking.facts.userName.toLowerCase() === attribute('username').toLowerCase()
        ? undefined
        : `The user is "${tracking.facts.userName}", not "${attribute('username')}".`
    case 'changeSetExecuted': {
      const wanted = normalizeChangesetKey({ id: attribute('id'), author: attribute('author'), path: attribute('changeLogFile') })
      const rows = await readHistoryRows(database, tracking)
      return rows.some((row) => normalizeChangesetKey(row) === wanted)
        ? undefined
        : `The changeset "${attribute('changeLogFile')}::${attribute('id')}::${attribute('author')}" has not run.`
    }
    case 'changeLogPropertyDefined': {
      const value = input.changelog.properties[attribute('property').toLowerCase()]
      const wanted = test.attributes['value']
      return value !== undefined && (wanted === undefined || wanted === value)
        ? undefined
        : `The property "${attribute('property')}" is not defined${wanted === undefined ? '' : ` as "${wanted}"`}.`
    }
    case 'expectedQuotingStrategy': {
      const actual = input.objectQuotingStrategy ?? 'LEGACY'
      return actual === attribute('strategy').toUpperCase()
        ? undefined
        : `The quoting strategy is ${actual}, not ${attribute('strategy')}.`
    }
    case 'sqlCheck': {
      const found = await session.cancellable(() => database.query(attribute('sql').trim().replace(/;\s*$/, '')))
      // Liquibase's rule too: no row is no answer, so `onError` says what follows.
      if (found.rows.length === 0) {
        const message = `The query of sqlCheck gave no row: ${attribute('sql').trim()}`
        throw new AppError('failedPrecondition', 'PRECONDITION_NO_ROW', message, {
          hint: 'Ask for one row, such as a count(*), or say with onError what follows.',
        })
      }
      const actual = toText(found.rows[0]?.[0])
      return actual === attribute('expectedResult')
        ? undefined
        : `The query gave "${actual}" instead of "${attribute('expectedResult')}": ${attribute('sql').trim()}`
    }
    default: {
      const question = database.dialect.conditionQuery(test, tracking.facts.defaultSchema)
      if (question === undefined) {
        throw new AppError(
          'failedPrecondition',
          'PRECONDITION_UNSUPPORTED',
          `The precondition "${test.name}" is not supported on ${database.dialect.name}.`,
        )
      }
      const { rows } = await session.cancellable(() => database.query(question.sql, question.values))
      const answer = rows[0]?.[0]
      return answer === true || Number(answer) === 1 ? undefined : describeMissing(test)
    }
  }
}

function describeMissing(test: PreconditionTest): string {
  const what = Object.entries(test.attributes)
    .map(([name, value]) => `${name} "${value}"`)
    .join(', ')
  return `The precondition ${test.name} does not hold: ${what}.`
}

/** A cell as JDBC prints it: booleans as `t` and `f`. */
function toText(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (value === true) return 't'
  return value === false ? 'f' : String(value)
}
