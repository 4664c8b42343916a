import type { Changelog } from '@sluice/changelog'
import { changelog, changeset } from './test-changelog.ts'

/** Three changesets of which each statement leaves a row in the table `observer`. */
export function observedChangelog(kind: 'transactional' | 'stepwise'): Changelog {
  const runInTransaction = kind === 'transactional'
  return changelog(
    ...['one', 'two', 'three'].map((id) =>
      changeset(
        id,
        runInTransaction
          ? `insert into observer values ('${id}'); create table if not exists t_${id} (id int)`
          : `insert into observer values ('${id}.1'); insert into observer values ('${id}.2'); insert into observer values ('${id}.3')`,
        { runInTransaction },
      ),
    ),
  )
}
