import type { changesetView } from '@sluice/contract'
import type { z } from 'zod'
import { formatDuration } from '../format/duration.ts'
import type { Tone } from '../execution/state-look.ts'
import { Badge } from '../ui/Badge.tsx'
import { DataTable, mutedClass, numberClass } from '../ui/DataTable.tsx'
import type { IconName } from '../ui/Icon.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import styles from './ChangesetTable.module.css'

export type ChangesetView = z.output<typeof changesetView>

const looks: Readonly<Record<ChangesetView['state'], { label: string; tone: Tone; icon: IconName }>> = {
  applied: { label: 'Applied', tone: 'success', icon: 'check' },
  reran: { label: 'Ran again', tone: 'success', icon: 'check' },
  markedRan: { label: 'Marked as run', tone: 'neutral', icon: 'dash' },
  rolledBack: { label: 'Rolled back', tone: 'warning', icon: 'back' },
  failed: { label: 'Failed', tone: 'failure', icon: 'cross' },
}

/** Changesets in the order in which they ran. */
export function ChangesetTable({
  label,
  changesets,
  isCut,
}: {
  label: string
  changesets: readonly ChangesetView[]
  /** There are more than the page asked for. */
  isCut: boolean
}) {
  const hasChecksums = changesets.some(({ checksum }) => checksum !== undefined)
  return (
    <>
      <DataTable
        label={label}
        stacks
        columns={[
          { name: 'Changeset' },
          { name: 'Result' },
          { name: 'Database' },
          { name: 'Took', kind: 'number' },
          { name: 'When' },
          ...(hasChecksums ? [{ name: 'Checksum' }] : []),
        ]}
      >
        {changesets.map((changeset, index) => (
          <tr key={index} className={styles.row}>
            <td>
              <span className={styles.id}>{changeset.id}</span> <span className={mutedClass}>by {changeset.author}</span>
              <div className={styles.path}>{changeset.path}</div>
              {changeset.description !== undefined && <div className={mutedClass}>{changeset.description}</div>}
              {changeset.message !== undefined && <p className={styles.message}>{changeset.message}</p>}
            </td>
            <td>
              <Badge tone={looks[changeset.state].tone} icon={looks[changeset.state].icon} plain>
                {looks[changeset.state].label}
              </Badge>
            </td>
            <td className={styles.mono}>{changeset.dbInstance}</td>
            <td className={numberClass}>{formatDuration(changeset.durationMs)}</td>
            <td>
              <RelativeTime at={changeset.at} />
            </td>
            {hasChecksums && (
              <td className={styles.checksum} title={changeset.checksum}>
                {changeset.checksum ?? ''}
              </td>
            )}
          </tr>
        ))}
      </DataTable>
      {isCut && <p className={mutedClass}>These are the first {changesets.length}; the command line lists all of them.</p>}
    </>
  )
}
