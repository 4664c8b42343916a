import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { toAppError } from '@sluice/base'
import { createHttpClient } from '@sluice/client'
import { operationEndpoints } from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { readConfig } from '../config.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatTable } from '../output/table.ts'

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** What to do, where it is not as it should be. */
  readonly hint?: string
}

/** Prints what was found, and what to fix; the exit code. */
export function reportChecks(context: CommandContext, checks: readonly Check[]): number {
  const failed = checks.filter((check) => !check.ok)
  context.printer.result({ ok: failed.length === 0, checks }, () =>
    [
      formatTable(
        ['', 'CHECK', 'FOUND'],
        checks.map((check) => [check.ok ? 'ok' : 'FAIL', check.name, check.detail]),
        '',
      ),
      ...failed.flatMap((check) => (check.hint === undefined ? [] : [`${check.name}: ${check.hint}`])),
    ].join('\n'),
  )
  return failed.length === 0 ? exitCodes.ok : exitCodes.checksFailed
}

/** `sluice doctor`: looks at everything that has to be right, and says what to fix. Changes nothing. */
export async function doctor(
  context: CommandContext,
  options: { readonly url?: string; readonly user?: string },
): Promise<number> {
  const checks: Check[] = [
    nodeCheck(),
    await gitCheck(),
    ...(await serverChecks(context)),
    ...(options.url === undefined ? [] : [await databaseCheck(context, options.url, options.user)]),
  ]
  return reportChecks(context, checks)
}

function nodeCheck(): Check {
  const ok = Number(process.versions.node.split('.')[0]) >= 24
  return { name: 'Node.js', ok, detail: process.versions.node, ...(ok ? {} : { hint: 'Sluice needs Node.js 24 or newer.' }) }
}

async function gitCheck(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout: 10_000 })
    return { name: 'git', ok: true, detail: stdout.trim() }
  } catch {
    return {
      name: 'git',
      ok: false,
      detail: 'not found',
      hint: 'Runners fetch sources with git: install it where a delegate runs its steps as processes.',
    }
  }
}

async function serverChecks(context: CommandContext): Promise<Check[]> {
  const checks: Check[] = []
  try {
    const config = readConfig(context.env)
    const health = await createHttpClient({ baseUrl: config.url, timeoutMs: 10_000 }).call(operationEndpoints.health, {
      signal: context.signal,
    })
    checks.push({
      name: 'server',
      ok: health.status === 'ok',
      detail: `${config.url} ${health.status}, version ${health.version}`,
    })
    const me = await context.client().call(operationEndpoints.whoami, { signal: context.signal })
    checks.push({ name: 'API key', ok: true, detail: `${me.name} (${me.role})` })
    const { items } = await context.client().call(operationEndpoints.delegates, { query: { limit: 500 }, signal: context.signal })
    const alive = items.filter((delegate) => delegate.health === 'connected')
    checks.push({
      name: 'delegates',
      ok: alive.length > 0,
      detail: `${String(alive.length)} of ${String(items.length)} connected`,
      ...(alive.length > 0
        ? {}
        : { hint: 'Nothing can run without a delegate: sluice delegate token, then sluice delegate start.' }),
    })
    for (const delegate of items.filter(({ approved, revoked }) => !approved && !revoked)) {
      checks.push({
        name: `delegate ${delegate.name}`,
        ok: false,
        detail: 'not approved',
        hint: `Compare its fingerprint ${delegate.fingerprint}, then: sluice delegate approve ${delegate.name}`,
      })
    }
    const blocked = (
      await context.client().call(operationEndpoints.targets, { query: { limit: 500, state: 'blocked' }, signal: context.signal })
    ).items
    checks.push({
      name: 'targets',
      ok: blocked.length === 0,
      detail: blocked.length === 0 ? 'none blocked' : `${String(blocked.length)} blocked`,
      ...(blocked[0]?.hint === undefined ? {} : { hint: blocked[0].hint }),
    })
  } catch (thrown) {
    const error = toAppError(thrown)
    checks.push({ name: 'server', ok: false, detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) })
  }
  return checks
}

async function databaseCheck(context: CommandContext, url: string, user: string | undefined): Promise<Check> {
  try {
    const { withTarget } = await import('../db/open-target.ts')
    const facts = await withTarget(context, { url, ...(user === undefined ? {} : { user }) }, (database) =>
      database.readFacts([]),
    )
    return { name: 'database', ok: true, detail: `${facts.databaseName} as ${facts.userName}, server ${facts.serverVersion}` }
  } catch (thrown) {
    const error = toAppError(thrown)
    return { name: 'database', ok: false, detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
  }
}
