import type { Dialect, GeneratedSql } from '@sluice/engine'

/** A database whose changes have no generators: every modelled change is an error that names it. */
export const generatePending: Dialect['generate'] = (change): GeneratedSql => ({
  statements: [],
  diagnostics: [
    {
      severity: 'error',
      code: 'CHANGE_UNSUPPORTED',
      message: `The change "${change.name}" has no SQL for this database here.`,
      ...change.place,
      hint: 'Write it as a sql change, or run this changelog through the original command line (engine: liquibase).',
    },
  ],
})
