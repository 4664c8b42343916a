/** Delegates and their running replicas. */
export const delegates = `
create table delegates (
  id text primary key,
  name text not null,
  org text not null default '',
  project text not null default '',
  tags text[] not null default '{}',
  approved boolean not null default false,
  revoked boolean not null default false,
  draining boolean not null default false,
  -- X25519, raw 32 bytes as base64url.
  seal_public_key text not null,
  key_id text not null,
  version text not null default '',
  created_at timestamptz not null default now(),
  unique (org, project, name)
);

create table delegate_instances (
  id text primary key,
  delegate_id text not null references delegates (id) on delete cascade,
  name text not null,
  -- Ed25519, raw 32 bytes as base64url.
  auth_public_key text not null unique,
  boot_id text,
  last_seen_at timestamptz,
  free integer not null default 0,
  draining boolean not null default false,
  deregistered boolean not null default false,
  version text not null default '',
  protocol integer not null default 1,
  created_at timestamptz not null default now()
);
create index delegate_instances_delegate on delegate_instances (delegate_id);
`
