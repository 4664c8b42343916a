import { AppError } from '@sluice/base'

/**
 * What to do with tests whose prerequisite may be missing: the value for node:test's `skip` option. Missing is a reason to skip on
 * somebody's laptop and a failure where everything has to run (`SLUICE_REQUIRE_ALL=1`).
 *
 * @throws AppError `TEST_PREREQUISITE_MISSING` there.
 */
export function requireOrSkip(what: string, isThere: boolean): false | string {
  if (isThere) return false
  if (process.env['SLUICE_REQUIRE_ALL'] === '1') {
    throw new AppError('failedPrecondition', 'TEST_PREREQUISITE_MISSING', `These tests need ${what}, and it is not there.`, {
      hint: 'Install it, or run without SLUICE_REQUIRE_ALL=1 to skip them.',
    })
  }
  return `needs ${what}`
}
