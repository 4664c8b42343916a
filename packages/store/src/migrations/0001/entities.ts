/** What users write, and who refers to whom. */
export const entities = `
create table entities (
  id text primary key,
  kind text not null check (kind in ('organization', 'project', 'secret', 'connector', 'dbSchema', 'dbInstance', 'pipeline')),
  org text not null,
  project text not null,
  identifier text not null,
  name text not null,
  tags jsonb not null default '{}',
  body jsonb not null,
  -- Connectors of databases only: what permits lock.
  target_key text,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (kind, org, project, identifier)
);
create index entities_target on entities (target_key) where target_key is not null;

-- Rewritten with every write of its entity. It names what is referred to by scope and identifier, as users do.
create table entity_refs (
  entity_id text not null references entities (id) on delete cascade,
  field text not null,
  kind text not null,
  org text not null,
  project text not null,
  identifier text not null,
  primary key (entity_id, field, kind, org, project, identifier)
);
create index entity_refs_to on entity_refs (kind, org, project, identifier);

create table secret_values (
  entity_id text primary key references entities (id) on delete cascade,
  version integer not null,
  -- Sealed to delegates; nothing here can open it.
  record jsonb not null,
  recipients text[] not null,
  updated_at timestamptz not null default now()
);

create table account_settings (
  singleton boolean primary key default true check (singleton),
  settings jsonb not null,
  updated_at timestamptz not null default now()
);

create table audit_events (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  org text not null default '',
  project text not null default '',
  request_id text,
  details jsonb not null default '{}'
);
`
