/** First line of a formatted SQL file. */
export const head = '--liquibase formatted sql\n'
/** A formatted SQL file with one changeset that makes a table of its name. */
export const sql = (name: string): string =>
  `${head}--changeset ann:${name}\nCREATE TABLE ${name} (id INT);\n--rollback DROP TABLE ${name};\n`
/** A YAML changelog of these entries. */
export const root = (...lines: readonly string[]): string => `databaseChangeLog:\n${lines.map((line) => `- ${line}\n`).join('')}`
/** A changeset in YAML that makes a table of its name. */
export const own = (name: string, more = ''): string =>
  `changeSet: {id: ${name}, author: ann${more}, changes: [{createTable: {tableName: ${name}, columns: [{column: {name: id, type: int}}]}}]}`
/** What most cases run: the pending changesets, then the update. */
export const statusOf = ['status --verbose', 'update']
/** A folder whose order and depth say how it is read. */
export const folder = {
  'd/10_b.sql': sql('b10'),
  'd/2_a.sql': sql('a2'),
  'd/B.sql': sql('upper'),
  'd/_z.sql': sql('z'),
  'd/sub/1.sql': sql('s1'),
  'd/sub/deep/1.sql': sql('deep'),
  'd/c_raw.sql': 'CREATE TABLE raw (id INT)',
}
