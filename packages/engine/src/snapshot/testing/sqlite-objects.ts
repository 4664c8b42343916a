/** Every kind of object of a SQLite file. */
export const sqliteObjects: Readonly<Record<string, string>> = {
  tables: `
CREATE TABLE plain (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT 'x;y' COLLATE NOCASE, -- a comment, with a comma
  price NUMERIC(10, 2) CHECK (price > 0), twice AS (price * 2) STORED, CONSTRAINT "named, one" UNIQUE (name, price));
CREATE TABLE [Mixed Case] ("a b" int, \`c\` text, PRIMARY KEY ("a b", \`c\`)) WITHOUT ROWID;
CREATE TABLE strict_one (id INT PRIMARY KEY, any_one ANY) STRICT, WITHOUT ROWID;
CREATE TABLE child (id integer primary key, plain_id int references plain (id) on delete cascade deferrable initially deferred, other int, foreign key (other) references plain);
CREATE TABLE as_select AS SELECT id, name FROM plain;
ALTER TABLE child ADD COLUMN added TEXT DEFAULT (1 + 2);
ALTER TABLE plain RENAME COLUMN price TO cost;`,
  indexes: `
CREATE TABLE items (id int, name text, gone int);
CREATE UNIQUE INDEX items_live ON items (lower(name) COLLATE NOCASE DESC) WHERE gone = 0;
CREATE INDEX "odd ""name" ON items (name, id);`,
  views: `
CREATE TABLE base (id int, name text);
CREATE VIEW aa_of_view AS SELECT * FROM zz_view;
CREATE VIEW zz_view (a, b) AS SELECT id, name FROM base WHERE name <> ';';`,
  triggers: `
CREATE TABLE watched (id int, name text);
CREATE TABLE log (what text);
CREATE TRIGGER one AFTER UPDATE OF name ON watched WHEN new.name <> old.name BEGIN INSERT INTO log VALUES ('a;b'); DELETE FROM log WHERE what = 'x'; END;
CREATE VIEW watching AS SELECT * FROM watched;
CREATE TRIGGER instead INSTEAD OF INSERT ON watching BEGIN INSERT INTO watched VALUES (new.id, CASE WHEN new.name IS NULL THEN 'n' ELSE new.name END); END;`,
  virtual: `
CREATE VIRTUAL TABLE documents USING fts5 (title, body, tokenize = 'porter');
CREATE VIRTUAL TABLE boxes USING rtree (id, x1, x2);
CREATE TABLE beside (id int);`,
  more: `
CREATE TABLE "generated" (a INTEGER NOT NULL, b INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL, c TEXT AS ('x;' || a) STORED, CHECK (b > 0), UNIQUE (c));
CREATE INDEX generated_b ON "generated" (b) WHERE b > 1;
CREATE TABLE rowid_of (k TEXT COLLATE RTRIM PRIMARY KEY ON CONFLICT REPLACE, v BLOB DEFAULT x'00ff') WITHOUT ROWID;
CREATE TABLE strict_types (a INTEGER, b REAL, c TEXT, d BLOB, e ANY) STRICT;
CREATE VIRTUAL TABLE ranked USING fts5 (body, content = '', prefix = '2 3');
CREATE TRIGGER guard BEFORE DELETE ON strict_types WHEN OLD.a IS NOT NULL BEGIN SELECT RAISE(ABORT, 'no; never'); END;`,
}
