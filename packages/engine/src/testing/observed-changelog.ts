import type { Changelog } from '@sluice/changelog'
import { changelog, changeset } from './test-changelog.ts'

/** How the changesets run: in a transaction, in one and on their way together, or statement by statement. */
export type ObservedKind = 'transactional' | 'small' | 'stepwise'

/** Three changesets of which each statement leaves a row in the table `observer`. */
export function observedChangelog(kind: ObservedKind): Changelog {
  const runInTransaction = kind !== 'stepwise'
  return changelog(
    ...['one', 'two', 'three'].map((id) =>
      changeset(
        id,
        kind === 'small'
          ? `insert into observer values ('${id}')`
          : runInTransaction
            ? `insert into observer values ('${id}'); create table if not exists t_${id} (id int)`
            : `insert into observer values ('${id}.1'); insert into observer values ('${id}.2'); insert into observer values ('${id}.3')`,
        { runInTransaction },
      ),
    ),
  )
}
