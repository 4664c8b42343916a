import type { Mutation } from './migration-check.ts'

/** Children and partitions, and what the mutations below change of them. */
export const inheritanceBase = `
CREATE TABLE animal (id integer PRIMARY KEY, name text DEFAULT 'none', legs integer, CONSTRAINT legs_sane CHECK (legs >= 0), CONSTRAINT few_legs CHECK (legs < 1000) NO INHERIT);
CREATE TABLE pet (owner text);
CREATE TABLE dog (breed text, id integer, CONSTRAINT dog_pkey PRIMARY KEY (id)) INHERITS (animal, pet);
ALTER TABLE dog ALTER COLUMN name SET DEFAULT 'Rex', ALTER COLUMN legs SET NOT NULL;
COMMENT ON COLUMN dog.legs IS 'Four as a rule';
CREATE TABLE cat (lives integer, id integer NOT NULL, name text, legs integer, owner text, CONSTRAINT legs_sane CHECK (legs >= 0));
INSERT INTO dog VALUES (1, 'Bo', 4, 'Ann', 'pug');
INSERT INTO cat VALUES (9, 1, 'Tom', 4, 'Ann');
CREATE TABLE region (name text PRIMARY KEY);
INSERT INTO region VALUES ('eu');
CREATE TABLE logs (at date NOT NULL, id integer, what text DEFAULT 'none', region text CONSTRAINT of_region REFERENCES region, CONSTRAINT what_said CHECK (what <> ''), CONSTRAINT logs_pkey PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE INDEX logs_what ON logs (what);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE logs_2025 (at date, id integer, what text DEFAULT 'none', region text CONSTRAINT of_region REFERENCES region, CONSTRAINT what_said CHECK (what <> ''), CONSTRAINT logs_2025_pkey PRIMARY KEY (at, id));
CREATE INDEX logs_2025_what_idx ON logs_2025 (what);
INSERT INTO logs VALUES ('2024-02-03', 1, 'x', 'eu');
INSERT INTO logs_2025 VALUES ('2025-02-03', 1, 'x', 'eu');
`

const changed = (expected: string, sql: string): Mutation => ({ sql, expected: `changed ${expected}` })

/** Each makes one difference to the base, and no way back loses a row. */
export const inheritanceMutations: readonly Mutation[] = [
  changed(
    'check animal.legs_sane: definition',
    'ALTER TABLE animal DROP CONSTRAINT legs_sane; ALTER TABLE animal ADD CONSTRAINT legs_sane CHECK (legs >= 0) NO INHERIT',
  ),
  changed(
    'check animal.few_legs: definition',
    'ALTER TABLE animal DROP CONSTRAINT few_legs; ALTER TABLE animal ADD CONSTRAINT few_legs CHECK (legs < 1000)',
  ),
  changed(
    'check cat.legs_sane: definition',
    'ALTER TABLE cat DROP CONSTRAINT legs_sane; ALTER TABLE cat ADD CONSTRAINT legs_sane CHECK (legs >= 0) NO INHERIT',
  ),
  changed('table dog: inherits', 'ALTER TABLE dog NO INHERIT pet'),
  changed('table dog: inherits, overrides', 'ALTER TABLE dog NO INHERIT animal'),
  changed('table dog: inherits', 'ALTER TABLE dog NO INHERIT animal; ALTER TABLE dog INHERIT animal'),
  changed('table cat: inherits', 'ALTER TABLE cat INHERIT pet'),
  changed('table cat: inherits, overrides', 'ALTER TABLE cat INHERIT animal'),
  changed('table logs_2024: partitionBound, partitionOf', 'ALTER TABLE logs DETACH PARTITION logs_2024'),
  changed(
    'table logs_2025: partitionBound, partitionOf',
    "ALTER TABLE logs ATTACH PARTITION logs_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
  ),
]

/** What takes part in inheritance otherwise than it was written, and is the same all the same. */
export const sameInheritance: readonly string[] = [
  'ALTER TABLE dog NO INHERIT pet; ALTER TABLE dog INHERIT pet',
  'ALTER TABLE dog ADD CONSTRAINT legs_sane CHECK (legs >= 0)',
  "ALTER TABLE logs DETACH PARTITION logs_2024; ALTER TABLE logs ATTACH PARTITION logs_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
]
