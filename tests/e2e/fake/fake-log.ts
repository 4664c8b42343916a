import { commit, files } from './fake-changesets.ts'

/** What a runner says while it applies the first `count` changesets. */
export function logOf(startMs: number, instance: string, count: number): string {
  let ms = startMs
  const line = (text: string): string => {
    ms += 37
    return `${new Date(ms).toISOString().slice(11, 23)} ${text}\n`
  }
  const lines = [
    line(`Source shop_git, branch main, commit ${commit}`),
    line('Changelog db/changelog.yaml: 6 changesets in 6 files.'),
    line(`Connecting to ${instance} as shop_owner with password *******`),
    line(`Plan: ${String(count)} to apply, 0 applied already.`),
    line('Permit granted.'),
  ]
  for (const [index, [file, changeset]] of files.slice(0, count).entries()) {
    lines.push(
      line(`[${String(index + 1)}/${String(count)}] Applying db/${file}::${changeset}::ada`),
      line(`    create table ${changeset.replaceAll('-', '_')} (`),
      line('      id bigint generated always as identity primary key,'),
      line('      name text not null'),
      line('    )'),
      line(`    Done in ${String(12 + index * 37)} ms.`),
    )
  }
  lines.push(line(`Tag "v7" set on db/orders/reports.sql::monthly-revenue::ada.`))
  return lines.join('')
}
