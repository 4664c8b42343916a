import type { Mutation } from './migration-check.ts'

export const mariadbBase: readonly string[] = [
  'CREATE TABLE parent (id int PRIMARY KEY, code varchar(10), UNIQUE KEY code_once (code))',
  `CREATE TABLE child (id bigint NOT NULL AUTO_INCREMENT, parent_id int, name varchar(50) DEFAULT 'none', amount decimal(10,2) NOT NULL DEFAULT 0.00, note text COMMENT 'Notes',
  PRIMARY KEY (id), KEY by_name (name), KEY for_parent (parent_id), CONSTRAINT amount_sane CHECK (amount < 1000000), CONSTRAINT to_parent FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE) COMMENT='Children'`,
  'CREATE VIEW names AS SELECT id, name FROM child',
  'CREATE SEQUENCE counter',
  'CREATE FUNCTION doubled(x int) RETURNS int DETERMINISTIC RETURN x * 2',
  'CREATE TRIGGER touch BEFORE UPDATE ON child FOR EACH ROW SET NEW.note = OLD.note',
  `CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM child`,
]

/** Each makes exactly one difference to the base. */
export const mariadbMutations: readonly Mutation[] = [
  { sql: `ALTER TABLE child COMMENT 'Other; one'`, expected: 'changed table child: options' },
  { sql: `ALTER TABLE child COMMENT ''`, expected: 'changed table child: options' },
  { sql: 'ALTER TABLE child MODIFY name varchar(60)', expected: `changed column child.name: definition` },
  { sql: 'ALTER TABLE child MODIFY amount decimal(10,2) NULL', expected: 'changed column child.amount: definition' },
  { sql: 'ALTER TABLE child ALTER name DROP DEFAULT', expected: 'changed column child.name: definition' },
  { sql: 'ALTER TABLE child ADD extra int AFTER id', expected: 'unexpected column child.extra' },
  { sql: 'ALTER TABLE child DROP COLUMN note', expected: 'missing column child.note' },
  { sql: 'ALTER TABLE child DROP KEY by_name, ADD KEY by_name (name(5))', expected: 'changed index child.by_name: definition' },
  {
    sql: 'ALTER TABLE child DROP KEY for_parent, ADD KEY for_parent (parent_id, id)',
    expected: 'changed index child.for_parent: definition',
  },
  { sql: 'ALTER TABLE child DROP KEY by_name', expected: 'missing index child.by_name' },
  { sql: 'ALTER TABLE parent DROP KEY code_once', expected: 'missing unique parent.code_once' },
  {
    sql: 'ALTER TABLE child DROP CONSTRAINT amount_sane, ADD CONSTRAINT amount_sane CHECK (amount < 5)',
    expected: 'changed check child.amount_sane: definition',
  },
  { sql: 'ALTER TABLE child DROP FOREIGN KEY to_parent', expected: 'missing foreignKey child.to_parent' },
  { sql: 'CREATE OR REPLACE VIEW names AS SELECT id, name, amount FROM child', expected: 'changed view names: definition' },
  { sql: 'ALTER SEQUENCE counter INCREMENT BY 7', expected: 'changed sequence counter: options' },
  {
    sql: 'CREATE OR REPLACE FUNCTION doubled(x int) RETURNS int DETERMINISTIC RETURN x + x',
    expected: 'changed function doubled: definition',
  },
  {
    sql: 'CREATE OR REPLACE TRIGGER touch BEFORE INSERT ON child FOR EACH ROW SET NEW.note = NULL',
    expected: 'changed trigger child.touch: definition',
  },
  { sql: 'ALTER EVENT nightly ON SCHEDULE EVERY 2 DAY', expected: 'changed event nightly: definition' },
  { sql: 'CREATE TABLE extra (id int)', expected: 'unexpected table extra' },
  { sql: 'DROP FUNCTION doubled', expected: 'missing function doubled' },
]

export const sqliteBase: readonly string[] = [
  `CREATE TABLE child (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'none', amount NUMERIC)`,
  'CREATE INDEX by_name ON child (name)',
  'CREATE VIEW names AS SELECT id, name FROM child',
  'CREATE TRIGGER touch AFTER UPDATE ON child BEGIN SELECT 1; END',
]

export const sqliteMutations: readonly Mutation[] = [
  { sql: 'ALTER TABLE child ADD COLUMN extra TEXT', expected: 'unexpected column child.extra' },
  { sql: 'DROP INDEX by_name', expected: 'missing index child.by_name' },
  { sql: 'DROP INDEX by_name; CREATE INDEX by_name ON child (name DESC)', expected: 'changed index child.by_name: definition' },
  { sql: 'DROP VIEW names; CREATE VIEW names AS SELECT id FROM child', expected: 'changed view names: definition' },
  { sql: 'DROP TRIGGER touch', expected: 'missing trigger child.touch' },
  { sql: 'CREATE TABLE extra (id int)', expected: 'unexpected table extra' },
  {
    sql: 'ALTER TABLE child DROP COLUMN amount; ALTER TABLE child ADD COLUMN amount TEXT',
    expected: 'changed column child.amount: definition',
    isStuck: true,
  },
]
