/** The queue, placements, permits and logs. */
export const attempts = `
create table tasks (
  id text primary key,
  execution_id text not null references executions (id) on delete cascade,
  group_id text not null,
  group_path text not null default '',
  kind text not null check (kind in ('stepGroup', 'inspection')),
  state text not null default 'queued' check (state in ('queued', 'offered', 'accepted', 'done', 'withdrawn')),
  -- The epoch of the last attempt: grows with every placement.
  fence integer not null default 0,
  priority integer not null default 100,
  org text not null,
  project text not null,
  selectors text[] not null default '{}',
  -- Whether it carries sealed secrets, which only approved delegates get.
  needs_approval boolean not null default false,
  -- Keys that every sealed secret of it is sealed to; null when it carries none.
  recipients text[],
  -- Hash of what decides who may take it (scope, selectors, recipients): tasks with equal keys fit the same delegates.
  fit_key text not null,
  spec jsonb not null,
  step_run_id text,
  attempt_number integer not null default 1,
  queued_at timestamptz not null default now(),
  done_at timestamptz
);
-- The claim depends on this very index: another leading column makes a long backlog a hundred times slower.
create index tasks_queued on tasks (fit_key, priority, id) where state = 'queued';
create index tasks_execution on tasks (execution_id);
create unique index tasks_group on tasks (execution_id, group_id) where kind = 'stepGroup';
alter table tasks set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);

create table task_declines (
  task_id text not null references tasks (id) on delete cascade,
  delegate_id text not null references delegates (id) on delete cascade,
  until timestamptz not null,
  code text not null default 'error',
  reason text not null,
  primary key (task_id, delegate_id)
);
create index task_declines_delegate on task_declines (delegate_id);

create table attempts (
  id text primary key,
  task_id text not null references tasks (id) on delete cascade,
  execution_id text not null references executions (id) on delete cascade,
  epoch integer not null,
  state text not null check (state in ('offered', 'accepted', 'running', 'finishing', 'completed', 'ended')),
  -- Without a reference, so that what ran where outlives the delegate's row.
  delegate_id text not null,
  delegate_instance_id text not null,
  delegate_name text not null default '',
  boot_id text,
  runner_boot_id text,
  place text,
  offer_until timestamptz,
  lease_until timestamptz,
  not_after timestamptz,
  cancel_mode text check (cancel_mode in ('graceful', 'interrupt', 'force')),
  contact text not null default 'ok' check (contact in ('ok', 'lost')),
  -- No further step will come.
  finish boolean not null default false,
  -- What is left of it on the delegate's side has to go.
  cleanup boolean not null default false,
  ended_reason text,
  -- SHA-256 of the body of complete, so that a repeated call is told from another one.
  complete_sha text,
  created_at timestamptz not null default now(),
  accepted_at timestamptz,
  ended_at timestamptz,
  unique (task_id, epoch)
);
create index attempts_execution on attempts (execution_id);
create index attempts_instance on attempts (delegate_instance_id) where state not in ('completed', 'ended') or cleanup;
create index attempts_live on attempts (lease_until) where state not in ('completed', 'ended');
alter table attempts set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);

create table attempt_events (
  attempt_id text not null references attempts (id) on delete cascade,
  source text not null check (source in ('runner', 'delegate')),
  boot_id text not null,
  seq integer not null,
  sha text not null,
  body jsonb not null,
  -- Came after a newer attempt had taken over: evidence only.
  late boolean not null default false,
  received_at timestamptz not null default now(),
  primary key (attempt_id, source, boot_id, seq)
);

-- At most one permit per step run, ever; at most one open permit per target.
create table permits (
  step_run_id text primary key references step_runs (id),
  permit_id text not null unique,
  execution_id text not null,
  attempt_id text not null,
  epoch integer not null,
  nonce_hash text not null,
  target_key text not null,
  server_identity text,
  fence bigint not null,
  granted_at timestamptz not null default now(),
  released_at timestamptz
);
create unique index permits_target on permits (target_key) where released_at is null;
create unique index permits_server on permits (server_identity) where released_at is null and server_identity is not null;

create table target_fences (
  target_key text primary key,
  fence bigint not null
);

create table log_streams (
  -- A step run's id, or the attempt's own.
  id text primary key,
  execution_id text not null references executions (id) on delete cascade,
  attempt_id text not null,
  step_run_id text,
  length bigint not null default 0,
  sealed boolean not null default false,
  sha256 text,
  gaps jsonb not null default '[]',
  rewinds integer not null default 0,
  watched_until timestamptz,
  created_at timestamptz not null default now()
);
create index log_streams_execution on log_streams (execution_id);

create table log_chunks (
  stream_id text not null references log_streams (id) on delete cascade,
  byte_offset bigint not null,
  bytes bytea not null,
  received_at timestamptz not null default now(),
  primary key (stream_id, byte_offset)
);
`
