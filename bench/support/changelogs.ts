import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a changelog of `count` changesets, tables and changes to them in turn, as formatted SQL; returns its name. */
export function writeChangelog(folder: string, count: number): string {
  const changesets = Array.from({ length: count }, (_, index) => {
    const table = `item_${String(Math.floor(index / 4) + 1)}`
    const statements = [
      `create table ${table} (id bigint generated always as identity primary key, name text not null, price numeric(12, 2));`,
      `alter table ${table} add column description text;`,
      `create index ${table}_name on ${table} (name);`,
      `insert into ${table} (name, price) values ('first', 1.50), ('second', 2.50);`,
    ]
    return `--changeset bench:${String(index + 1)}\n${statements[index % 4] ?? ''}\n`
  })
  const name = `changelog-${String(count)}.sql`
  writeFileSync(join(folder, name), `--liquibase formatted sql\n\n${changesets.join('\n')}`)
  return name
}
