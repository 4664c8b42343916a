import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type EngineProduct = 'postgresql' | 'mariadb' | 'sqlite'

/** A changelog on disk and the statements in it, one a changeset. */
export interface EngineChangelog {
  readonly folder: string
  readonly name: string
  readonly statements: readonly string[]
}

const keyColumns: Readonly<Record<EngineProduct, string>> = {
  postgresql: 'id bigint generated always as identity primary key',
  mariadb: 'id bigint auto_increment primary key',
  sqlite: 'id integer primary key',
}

/** Formatted SQL in one file, tables and changes to them in turn: create table, add column, create index, insert. */
export function writeSchemaChangelog(folder: string, count: number, product: EngineProduct): EngineChangelog {
  const statements = Array.from({ length: count }, (_, index) => {
    const table = `item_${String(Math.floor(index / 4) + 1)}`
    const kinds = [
      `create table ${table} (${keyColumns[product]}, name varchar(200) not null, price numeric(12, 2))`,
      `alter table ${table} add column description varchar(2000)`,
      `create index ${table}_name on ${table} (name)`,
      `insert into ${table} (name, price) values ('first', 1.50), ('second', 2.50)`,
    ]
    return kinds[index % 4] ?? ''
  })
  return writeFormattedSql(folder, `schema-${String(count)}.sql`, statements)
}

/** Formatted SQL in one file, one small insert a changeset: as little work for the database as can be. */
export function writeInsertChangelog(folder: string, count: number, product: EngineProduct): EngineChangelog {
  const inserts = Array.from({ length: count - 1 }, (_, index) => `insert into note (name) values ('note ${String(index + 1)}')`)
  const create = `create table note (${keyColumns[product]}, name varchar(200) not null)`
  return writeFormattedSql(folder, `inserts-${String(count)}.sql`, [create, ...inserts])
}

function writeFormattedSql(folder: string, name: string, statements: readonly string[]): EngineChangelog {
  const changesets = statements.map((sql, index) => `--changeset bench:${String(index + 1)}\n${sql};\n`)
  writeFileSync(join(folder, name), `--liquibase formatted sql\n\n${changesets.join('\n')}`)
  return { folder, name, statements }
}

/**
 * XML changesets in `files` files that a root file includes one by one: the shape of a history of years. Holds no statements. Without `addColumn`
 * for SQLite, where Liquibase writes no SQL for it.
 */
export function writeXmlChangelog(folder: string, count: number, files: number, product: EngineProduct): EngineChangelog {
  const head =
    '<?xml version="1.0" encoding="UTF-8"?>\n<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" ' +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog ' +
    'http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">\n'
  const tail = '</databaseChangeLog>\n'
  mkdirSync(join(folder, 'xml'), { recursive: true })
  const names = Array.from({ length: files }, (_, file) => {
    const [from, to] = [file, file + 1].map((edge) => Math.floor((edge * count) / files))
    const changesets = Array.from({ length: (to ?? 0) - (from ?? 0) }, (_one, index) =>
      xmlChangeset((from ?? 0) + index, product),
    )
    const name = `xml/${String(file + 1).padStart(4, '0')}.xml`
    writeFileSync(join(folder, name), `${head}${changesets.join('')}${tail}`)
    return name
  })
  const name = `xml-${String(count)}.xml`
  const includes = names.map((file) => `  <include file="${file}"/>\n`)
  writeFileSync(join(folder, name), `${head}${includes.join('')}${tail}`)
  return { folder, name, statements: [] }
}

function xmlChangeset(index: number, product: EngineProduct): string {
  const table = `item_${String(Math.floor(index / 4) + 1)}`
  const changes = [
    `    <createTable tableName="${table}">
      <column name="id" type="bigint"><constraints primaryKey="true" nullable="false"/></column>
      <column name="name" type="varchar(200)"><constraints nullable="false"/></column>
      <column name="price" type="numeric(12, 2)" defaultValueNumeric="0"/>
      <column name="created_at" type="timestamp" defaultValueComputed="current_timestamp"/>
    </createTable>`,
    product === 'sqlite'
      ? `    <createTable tableName="${table}_note"><column name="text" type="varchar(2000)"/></createTable>`
      : `    <addColumn tableName="${table}"><column name="description" type="varchar(2000)"/></addColumn>`,
    `    <createIndex tableName="${table}" indexName="${table}_name"><column name="name"/></createIndex>`,
    `    <insert tableName="${table}"><column name="id" valueNumeric="1"/><column name="name" value="first"/></insert>`,
  ]
  return `  <changeSet id="${String(index + 1)}" author="bench">\n    <comment>Step ${String(index + 1)}</comment>\n${changes[index % 4] ?? ''}\n  </changeSet>\n`
}
