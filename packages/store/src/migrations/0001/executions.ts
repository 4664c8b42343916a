/** Executions: their state, what waits to be advanced, and what came of them. */
export const executions = `
create table pipeline_sequences (
  org text not null,
  project text not null,
  pipeline text not null,
  last integer not null,
  primary key (org, project, pipeline)
);

create table executions (
  id text primary key,
  sequence integer not null,
  org text not null,
  project text not null,
  pipeline_identifier text not null,
  pipeline_name text not null,
  yaml text not null,
  inputs jsonb not null default '{}',
  -- The pipeline package's ExecutionState.
  state jsonb not null,
  status text not null check (status in ('Pending', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'Unknown')),
  version integer not null default 1,
  cancel_requested boolean not null default false,
  triggered_by text not null,
  idempotency_key text,
  notes jsonb not null default '[]',
  step_counts jsonb not null default '{}',
  db_instances text[] not null default '{}',
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  unique (org, project, pipeline_identifier, sequence)
);
-- Ids sort by creation: lists go by them, newest first.
create index executions_scope on executions (org, project, id desc);
create index executions_db_instances on executions using gin (db_instances);
create index executions_ended on executions (ended_at) where ended_at is not null;
create index executions_open on executions (id) where status in ('Pending', 'Running', 'Unknown');
create unique index executions_idempotency on executions (org, project, idempotency_key) where idempotency_key is not null;

-- The inbox of advance: timers are events that are due later.
create table execution_events (
  id bigint generated always as identity primary key,
  execution_id text not null references executions (id) on delete cascade,
  event jsonb not null,
  due_at timestamptz not null default now(),
  timer_key text,
  -- How often advancing by it failed; parked ones wait for a person.
  tries integer not null default 0,
  parked boolean not null default false,
  error text,
  unique (execution_id, timer_key)
);
create index execution_events_due on execution_events (due_at, id) where not parked;
create index execution_events_execution on execution_events (execution_id, id);
alter table execution_events set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);

create table step_runs (
  id text primary key,
  execution_id text not null references executions (id) on delete cascade,
  org text not null,
  project text not null,
  group_id text not null,
  task_id text,
  attempt_id text,
  -- stage/group/step, for people.
  path text not null,
  type text not null,
  state text not null default 'pending' check (state in ('pending', 'offered', 'running', 'permitted', 'finished', 'unknown')),
  db_schema text,
  db_instance text,
  target_key text,
  -- What the runner is told to do, once offered.
  step_order jsonb,
  cancel_mode text check (cancel_mode in ('graceful', 'interrupt', 'force')),
  plan_digest text,
  commit_sha text,
  waiting_for text,
  counts jsonb,
  summary jsonb,
  offered_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz
);
create index step_runs_execution on step_runs (execution_id);
create index step_runs_attempt on step_runs (attempt_id) where attempt_id is not null;
create index step_runs_instance on step_runs (org, project, db_instance, finished_at desc) where summary is not null;

create table step_plans (
  step_run_id text not null references step_runs (id) on delete cascade,
  position integer not null,
  changeset_id text not null,
  author text not null,
  path text not null,
  primary key (step_run_id, position)
);

create table changeset_runs (
  id bigint generated always as identity primary key,
  execution_id text not null references executions (id) on delete cascade,
  step_run_id text not null references step_runs (id) on delete cascade,
  org text not null,
  project text not null,
  db_instance text not null,
  changeset_id text not null,
  author text not null,
  path text not null,
  state text not null check (state in ('applied', 'reran', 'markedRan', 'rolledBack', 'failed')),
  duration_ms double precision not null,
  statements integer not null,
  checksum text,
  description text,
  position integer,
  message text,
  at timestamptz not null default now()
);
create index changeset_runs_execution on changeset_runs (execution_id, id);
create index changeset_runs_step on changeset_runs (step_run_id);
create index changeset_runs_instance on changeset_runs (org, project, db_instance, id desc);

-- Commits that an execution has resolved; its later steps reuse them.
create table sources (
  execution_id text not null references executions (id) on delete cascade,
  source_key text not null,
  commit_sha text not null,
  primary key (execution_id, source_key)
);

create table inspections (
  step_run_id text primary key references step_runs (id) on delete cascade,
  state text not null check (state in ('running', 'finished', 'failed')),
  task_id text,
  finding text check (finding in ('noneApplied', 'allApplied', 'partlyApplied', 'cannotTell')),
  applied_count integer,
  expected_count integer,
  live_sessions integer,
  lock_holder text,
  message text,
  at timestamptz not null default now()
);
`
