import { AppError } from '@sluice/base'
import {
  calculateChecksum,
  clearChecksums,
  findTaggedRow,
  readHistory,
  readStatus,
  tagDatabase,
  validateChangelog,
  type HistoryRow,
} from '@sluice/engine'
import type { CommandHandler } from '../run-context.ts'
import { changesetName, checkPlan, checkReport } from './failure.ts'
import { changesetOf } from './update.ts'
import { renderTable } from './update-summary.ts'

/** status: what is pending, to stdout. */
export const status: CommandHandler = async ({ context, database, selection, place, readChangelog }) => {
  const { output, settings, signal } = context
  const found = await readStatus({ database, changelog: await readChangelog(), options: selection, signal })
  checkPlan(output, found)
  for (const partial of found.partial)
    output.message(
      `WARNING: of ${changesetName(partial.changeset)} only ${String(partial.done)} of ${String(partial.statements)} statements ran.`,
    )
  const count = found.pending.length
  if (count === 0) return output.result(`${place} is up to date\n`)
  output.result(`${String(count)} ${count === 1 ? 'changeset has' : 'changesets have'} not been applied to ${place}\n`)
  if (settings.argument('verbose')?.toLowerCase() !== 'false')
    output.result(found.pending.map((key) => `     ${changesetName(key)}\n`).join(''))
}

/** unexpected-changesets: rows that the changelog does not have. */
export const unexpectedChangesets: CommandHandler = async ({ context, database, selection, place, readChangelog }) => {
  const { output, settings, signal } = context
  const { unexpected } = await readStatus({ database, changelog: await readChangelog(), options: selection, signal })
  if (unexpected.length === 0) return output.result(`${place} contains no unexpected changes!\n`)
  const count = unexpected.length
  output.result(`${String(count)} unexpected ${count === 1 ? 'change was' : 'changes were'} found in ${place}\n`)
  if (settings.isTrue('verbose')) output.result(unexpected.map((key) => `     ${changesetName(key)}\n`).join(''))
}

/** validate. */
export const validate: CommandHandler = async ({ context, database, selection, readChangelog }) => {
  const { output } = context
  const diagnostics = await validateChangelog({ database, changelog: await readChangelog(), options: selection })
  output.diagnostics(diagnostics)
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    throw new AppError(
      'failedPrecondition',
      'VALIDATION_FAILED',
      `Validation Failed: ${String(errors.length)} problem(s), the first: ${errors[0]?.message ?? ''}`,
    )
  output.message('No validation errors found.')
}

/** history, by deployment. */
export const history: CommandHandler = async ({ context, database, selection, place }) => {
  const { output, settings } = context
  const rows = await readHistory({ database, options: selection })
  const deployments: HistoryRow[][] = []
  for (const row of rows) {
    const last = deployments.at(-1)
    if (last !== undefined && last[0]?.deploymentId === row.deploymentId) last.push(row)
    else deployments.push([row])
  }
  const isText = settings.argument('format')?.toUpperCase() === 'TEXT'
  const parts = [`Liquibase History for ${place.slice(place.indexOf('@') + 1)}\n\n`]
  for (const deployment of deployments) parts.push(`${isText ? renderText(deployment) : renderRows(deployment)}\n`)
  output.result(deployments.length === 0 ? `${parts[0] ?? ''}No changesets deployed\n` : parts.join(''))
}

function renderText(rows: readonly HistoryRow[]): string {
  const [first] = rows
  const head = `- Database updated at ${first?.dateExecuted ?? ''}. Applied ${String(rows.length)} changeset(s), DeploymentId: ${first?.deploymentId ?? ''}\n`
  return head + rows.map((row) => `  ${row.path}::${row.id}::${row.author}\n`).join('')
}

function renderRows(rows: readonly HistoryRow[]): string {
  return renderTable(
    ['Deployment ID', 'Update Date', 'Changelog Path', 'Changeset Author', 'Changeset ID', 'Tag'],
    rows.map((row) => [row.deploymentId ?? '', row.dateExecuted, row.path, row.author, row.id, row.tag ?? '']),
  )
}

/** tag: a mark on the newest row. */
export const tag: CommandHandler = async ({ context, database, selection, write, onEvent, place }) => {
  const { output, settings, signal } = context
  if (settings.isTrue('addRow'))
    throw new AppError('invalid', 'SETTING_UNSUPPORTED', '--add-row is not supported.', {
      hint: 'Put a tagDatabase change into the changelog instead.',
    })
  const name = settings.argument('tag') ?? ''
  checkReport(await tagDatabase({ database, tag: name, signal, onEvent, options: { ...selection, ...write } }))
  output.message(`Successfully tagged '${place}'`)
}

/** tag-exists: says so; the exit code is 0 either way, as with Liquibase. */
export const tagExists: CommandHandler = async ({ context, database, selection, place }) => {
  const name = context.settings.argument('tag') ?? ''
  const row = await findTaggedRow({ database, tag: name, options: selection })
  context.output.message(
    row === undefined ? `The tag '${name}' does NOT exist in '${place}'.` : `The tag '${name}' already exists in '${place}'.`,
  )
}

/** calculate-checksum, of `path::id::author` or of the three flags. */
export const checksum: CommandHandler = async ({ context, database, selection, readChangelog }) => {
  const { settings, output } = context
  const identifier = settings.argument('changesetIdentifier')
  const parts = identifier?.split('::') ?? []
  if (identifier !== undefined && parts.length !== 3)
    throw new AppError('invalid', 'SETTING_INVALID', `Invalid changeSet identifier: ${identifier}`, {
      hint: 'Write it like path::id::author.',
    })
  const changeset =
    identifier === undefined ? changesetOf(settings) : { path: parts[0] ?? '', id: parts[1] ?? '', author: parts[2] ?? '' }
  const found = await calculateChecksum({ database, changelog: await readChangelog(), changeset, options: selection })
  output.message(found.checksum)
}

/** clear-checksums. */
export const forgetChecksums: CommandHandler = async ({ context, database, selection, write, onEvent }) => {
  checkReport(await clearChecksums({ database, signal: context.signal, onEvent, options: { ...selection, ...write } }))
}

/** connect: being here is the answer. */
export const connect: CommandHandler = async ({ context, database, place }) => {
  const facts = await database.readFacts([])
  context.output.message(`Connected to ${place}: ${database.dialect.name} ${facts.serverVersion}.`)
}
