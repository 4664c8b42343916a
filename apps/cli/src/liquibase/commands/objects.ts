import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { AppError, hasErrors } from '@sluice/base'
import {
  diffSnapshots,
  dropAll as dropObjects,
  formatOfFile,
  parseObjectTypes,
  planCreation,
  planData,
  planMigration,
  renderDiff,
  renderSnapshot,
  serializeSnapshot,
  snapshotDatabase,
  summarizeDiff,
  writeChangelog,
  type ChangelogPlan,
  type Database,
  type ObjectFilter,
  type Snapshot,
} from '@sluice/engine'
import { withRows } from '../../db/generate-changelog.ts'
import { withReference } from '../open-session.ts'
import type { CommandHandler, RunContext, Session } from '../run-context.ts'

/** drop-all: everything in the schemas, the history last. */
export const dropAll: CommandHandler = async ({ context, database, selection, write, onEvent, place }) => {
  const { settings, output, signal } = context
  if (settings.isTrue('requireForce') && !settings.isTrue('force'))
    throw new AppError('failedPrecondition', 'FORCE_MISSING', `drop-all would drop all objects of ${place}.`, {
      hint: 'Add --force=true if that is meant.',
    })
  const schemas = listOf(settings.argument('schemas'))
  const report = await dropObjects({
    database,
    signal,
    onEvent,
    options: { ...selection, ...write, ...(schemas === undefined ? {} : { schemas }) },
  })
  for (const left of report.staying) output.message(`WARNING: ${left.type} ${left.name} stays.`)
  output.message(`All objects dropped from ${place}`)
}

/** snapshot, as text, or as JSON with `--snapshot-format=json`. */
export const snapshot: CommandHandler = async ({ context, database }) => {
  showSnapshot(context, await take(context, database))
}

/** snapshot-reference: needs no target, so it opens its own database. */
export async function snapshotReference(context: RunContext): Promise<void> {
  await withReference(context, async (database) => showSnapshot(context, await take(context, database)))
}

/** diff: what the reference has and the target does not, and the other way round. */
export const diff: CommandHandler = async (session) => {
  const { context } = session
  const { difference } = await compare(session)
  const isJson = context.settings.argument('format')?.toUpperCase() === 'JSON'
  context.output.result(isJson ? `${JSON.stringify(summarizeDiff(difference), null, 2)}\n` : ensureLine(renderDiff(difference)))
}

/** diff-changelog: the changes that make the target like its reference, added to the changelog file. */
export const diffChangelog: CommandHandler = async (session) => {
  const { context, database } = session
  const { reference, target, difference } = await compare(session)
  const catalogue = await database.dialect.catalogue?.()
  if (catalogue === undefined)
    throw new AppError('failedPrecondition', 'SNAPSHOT_UNSUPPORTED', `The catalogue of ${database.dialect.name} cannot be read.`)
  const plan = planMigration({ reference, target, diff: difference, catalogue })
  writePlan(context, plan, { append: true })
}

/** generate-changelog: the whole database as a changelog, to a file or to stdout. */
export const generateChangelog: CommandHandler = async ({ context, database }) => {
  const { settings } = context
  const file = settings.argument('changelogFile')
  if (file !== undefined && existsSync(file) && !settings.isTrue('overwriteOutputFile'))
    throw new AppError('failedPrecondition', 'CHANGELOG_FILE_EXISTS', `Output ChangeLogFile '${file}' already exists!`, {
      hint: 'Name another file, or add --overwrite-output-file=true.',
    })
  if (settings.argument('dataOutputDirectory') !== undefined)
    throw new AppError('invalid', 'SETTING_UNSUPPORTED', '--data-output-directory is not supported.', {
      hint: 'Leave it out; `sluice db` has its own way to take rows along.',
    })
  const { takesRows, filter } = filterOf(context)
  const taken = await take(context, database)
  const objects = filter.types?.length === 0 ? undefined : planCreation(taken, filter)
  const rows = takesRows ? await planData({ database, snapshot: taken, signal: context.signal }) : undefined
  const steps = withRows(objects?.steps ?? [], rows?.steps ?? [])
  const diagnostics = [...(objects?.diagnostics ?? []), ...(rows?.diagnostics ?? [])]
  writePlan(context, { product: taken.product, steps, diagnostics }, { append: false })
}

async function compare(
  session: Session,
): Promise<{ reference: Snapshot; target: Snapshot; difference: ReturnType<typeof diffSnapshots> }> {
  const { context, database } = session
  const target = await take(context, database)
  const reference = await withReference(context, (other) => take(context, other, 'referenceSchemas'))
  const { takesRows, filter } = filterOf(context)
  if (takesRows)
    throw new AppError('invalid', 'SETTING_UNSUPPORTED', 'Rows are not compared: --diff-types=data is for generate-changelog.', {
      hint: 'Leave "data" out. Compare rows with SQL of your own, or write them with generate-changelog --diff-types=data.',
    })
  return { reference, target, difference: diffSnapshots(reference, target, filter) }
}

function take(context: RunContext, database: Database, argument = 'schemas'): Promise<Snapshot> {
  const { settings, signal } = context
  const schemas = listOf(settings.argument(argument) ?? settings.argument('schemas'))
  const historyTable = settings.global('databaseChangelogTableName')
  const lockTable = settings.global('databaseChangelogLockTableName')
  return snapshotDatabase({
    database,
    signal,
    options: {
      ...(schemas === undefined ? {} : { schemas }),
      ...(historyTable === undefined ? {} : { historyTable }),
      ...(lockTable === undefined ? {} : { lockTable }),
    },
  })
}

function showSnapshot({ settings, output }: RunContext, taken: Snapshot): void {
  const format = settings.argument('snapshotFormat')?.toLowerCase() ?? 'txt'
  if (format === 'json') return output.result(ensureLine(serializeSnapshot(taken)))
  if (format === 'txt') return output.result(ensureLine(renderSnapshot(taken)))
  throw new AppError('invalid', 'SETTING_UNSUPPORTED', `The snapshot format "${format}" is not supported.`, {
    hint: 'Use txt or json.',
  })
}

/** What `--diff-types` asks for: types of objects, and with `data` the rows of tables. */
function filterOf({ settings }: RunContext): { readonly takesRows: boolean; readonly filter: ObjectFilter } {
  const types = listOf(settings.argument('diffTypes'))
  for (const name of ['includeObjects', 'excludeObjects'])
    if (settings.argument(name) !== undefined)
      throw new AppError('invalid', 'SETTING_UNSUPPORTED', `${name} is not supported: its patterns are Java’s.`, {
        hint: 'Use `sluice db diff`, `diff-changelog` or `generate-changelog` with --include and --exclude.',
      })
  if (types === undefined) return { takesRows: false, filter: {} }
  const objects = types.filter((type) => type.toLowerCase() !== 'data')
  return { takesRows: objects.length < types.length, filter: { types: parseLiquibaseTypes(objects) } }
}

/** Types as Liquibase names them; its catalogs and schemas hold nothing to write. */
function parseLiquibaseTypes(names: readonly string[]): ReturnType<typeof parseObjectTypes> {
  return parseObjectTypes(
    names.flatMap((name) => {
      const type = name.toLowerCase().replace(/s$/, '')
      if (type === 'catalog' || type === 'schema') return []
      return Object.hasOwn(liquibaseTypes, type) ? (liquibaseTypes[type] ?? []) : [name]
    }),
  )
}

const liquibaseTypes: Readonly<Record<string, readonly string[]>> = {
  checkconstraint: ['check'],
  indexe: ['index'],
  storedprocedure: ['procedure'],
  uniqueconstraint: ['unique'],
  view: ['view', 'materializedView'],
}

function writePlan({ settings, output }: RunContext, plan: ChangelogPlan, options: { readonly append: boolean }): void {
  const file = settings.argument('changelogFile')
  const format = file === undefined ? 'xml' : formatOfFile(file)
  if (format === undefined)
    throw new AppError('invalid', 'SETTING_INVALID', `The changelog file "${file ?? ''}" has an ending that says no format.`, {
      hint: 'Use .sql, .yaml, .json or .xml.',
    })
  const existing = options.append && file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const written = writeChangelog(plan, {
    format,
    author: settings.argument('author') ?? `${userInfo().username}_(generated)`,
    ...(existing === undefined ? {} : { existing }),
    ...(file === undefined ? {} : { file }),
  })
  output.diagnostics(written.diagnostics)
  if (hasErrors(written.diagnostics))
    throw new AppError(
      'failedPrecondition',
      'CHANGELOG_NOT_WRITTEN',
      'The changelog cannot carry everything; nothing was written.',
    )
  if (file === undefined) return output.result(ensureLine(written.text))
  writeFileSync(file, written.text)
  output.message(`Generated changelog written to ${file}`)
}

function listOf(text: string | undefined): readonly string[] | undefined {
  const list = (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  return list.length === 0 ? undefined : list
}

function ensureLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
