import type { StatementTimeouts } from '@sluice/engine'

/**
 * Session settings for limits in milliseconds; without one, the server's own. Locks are waited for in whole seconds, rounded up. MySQL
 * limits the run of a statement for SELECT only (max_execution_time), so there the limit cannot be kept; MariaDB limits all of them.
 */
export function timeoutStatements(
  product: string,
  timeouts: StatementTimeouts,
): { readonly statements: readonly string[]; readonly notKept: readonly (keyof StatementTimeouts)[] } {
  const { lockTimeoutMs, statementTimeoutMs } = timeouts
  // Zero would mean "do not wait" for rows; a limit of nothing means no limit in the other products.
  const wait =
    lockTimeoutMs === undefined || lockTimeoutMs <= 0 ? 'DEFAULT' : String(Math.max(1, Math.ceil(lockTimeoutMs / 1000)))
  const statements = [`SET SESSION lock_wait_timeout = ${wait}, SESSION innodb_lock_wait_timeout = ${wait}`]
  if (product === 'mariadb') {
    const run = statementTimeoutMs === undefined ? 'DEFAULT' : (Math.max(0, statementTimeoutMs) / 1000).toFixed(3)
    statements.push(`SET SESSION max_statement_time = ${run}`)
    return { statements, notKept: [] }
  }
  const run = statementTimeoutMs === undefined ? 'DEFAULT' : String(Math.max(0, Math.round(statementTimeoutMs)))
  statements.push(`SET SESSION max_execution_time = ${run}`)
  return { statements, notKept: statementTimeoutMs === undefined || statementTimeoutMs <= 0 ? [] : ['statementTimeoutMs'] }
}
