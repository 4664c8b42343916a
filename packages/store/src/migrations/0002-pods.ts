import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

const text = `
-- Where the group runs, and what a later inspection of it needs to be placed alike.
alter table tasks add column infra text not null default 'process' check (infra in ('process', 'kubernetes'));
alter table tasks add column infra_target jsonb;
-- Where an instance can place step groups.
alter table delegate_instances add column executors text[] not null default '{process}';
-- What an attempt waits for outside of us, in words, until its runner runs.
alter table attempts add column waiting_for text;
alter table attempts add column waiting_hint text;
`

/** Step groups in pods. Older servers neither read nor write these columns: what they plan runs as a process. */
export const pods: Migration = {
  async up(db) {
    await sql.raw(text).execute(db)
  },
}
