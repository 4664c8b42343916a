import type { Catalogue } from '@sluice/engine'
import { planPostgresAlter } from './alter.ts'
import { dropPostgresForcibly, findPostgresDependents } from './drop.ts'
import { readPostgresCatalogue } from './read-catalogue.ts'
import { readPostgresRows } from './rows.ts'

/** PostgreSQL's catalogue, with definitions as the server writes them. */
export const postgresCatalogue: Catalogue = {
  read: readPostgresCatalogue,
  planAlter: planPostgresAlter,
  readRows: readPostgresRows,
  holdsData: ({ type }) => type === 'table' || type === 'column' || type === 'sequence',
  dropForcibly: dropPostgresForcibly,
  findOutsideDependents: findPostgresDependents,
}
