/** Keys, sessions and tokens. Everything that opens a door is stored as its SHA-256. */
export const access = `
create table api_keys (
  id text primary key,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'editor', 'admin')),
  org text not null default '',
  project text not null default '',
  hash text not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);

create table sessions (
  hash text primary key,
  api_key_id text not null references api_keys (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_expiry on sessions (expires_at);
create index sessions_api_key on sessions (api_key_id);

create table login_codes (
  hash text primary key,
  api_key_id text not null references api_keys (id) on delete cascade,
  expires_at timestamptz not null
);
create index login_codes_api_key on login_codes (api_key_id);

create table server_keys (
  kid text primary key,
  purpose text not null,
  secret bytea not null,
  created_at timestamptz not null default now()
);

create table nonces (
  nonce text primary key,
  expires_at timestamptz not null
);
create index nonces_expiry on nonces (expires_at);

create table enrolment_tokens (
  id text primary key,
  hash text not null unique,
  org text not null default '',
  project text not null default '',
  uses_left integer not null check (uses_left >= 0),
  approve boolean not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
`
