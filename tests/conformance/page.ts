import { areas } from './areas/all.ts'
import { differences } from './differences.ts'
import type { Difference } from './differences.ts'
import { matchesKey } from './framework/matches-key.ts'
import { caseKey, conformanceDatabases } from './framework/model.ts'
import type { ConformanceArea, ConformanceDatabase } from './framework/model.ts'
import { casesOn } from './framework/record-area.ts'
import { caseGroups } from './generated-sql/all-cases.ts'
import { knownFailures } from './known-failures.ts'

const about: Readonly<Record<string, string>> = {
  tables: 'createTable and its kin: column types, defaults, constraints, attributes',
  columns: 'changes of columns',
  constraints: 'keys, unique constraints, foreign keys, indexes',
  objects: 'views, sequences, procedures, and changes without SQL',
  data: 'insert, update, delete, loadData, loadUpdateData',
  sql: 'sql, sqlFile, modifySql, attributes of changesets',
  preconditions: 'every precondition, nested ones, and what follows when they do not hold',
  xml: 'the same in XML',
  json: 'the same in JSON',
  'formatted-sql': 'directives of formatted SQL',
  structure: 'include, includeAll, properties, files that are wrong',
  expressions: 'contexts, labels and dbms',
  commands: 'commands, tags, checksums, histories that others wrote',
}

interface Counts {
  readonly equal: number
  readonly onPurpose: number
  readonly missing: number
}

/** docs/conformance.md: what is compared with the real Liquibase, what is equal, what differs and why. `npm run generate` writes it. */
export function renderConformancePage(): string {
  const rows = areas.map((area) => ({ area, counts: conformanceDatabases.map((database) => count(area, database)) }))
  const all = rows.flatMap(({ counts }) => counts)
  const total = (pick: (counts: Counts) => number): number => all.reduce((sum, counts) => sum + pick(counts), 0)
  const cases = areas.reduce((sum, area) => sum + area.cases.length, 0)
  const compared = total((one) => one.equal + one.onPurpose + one.missing)
  return `# Conformance

<!-- Made by \`npm run generate\` from tests/conformance. Do not edit. -->

The real Liquibase 4.28.0 and Sluice run the same changelogs on twin databases: PostgreSQL, MariaDB and SQLite. Compared are the rows of
DATABASECHANGELOG (checksums included; dates, version and deployment id left out), the resulting schema and data, the SQL of
\`update-sql\` and its kin, what reports say, and whether the command fails.

**${cases} cases, ${compared} comparisons: ${total((one) => one.equal)} equal, ${total((one) => one.onPurpose)} different on purpose, ${total((one) => one.missing)} not there yet.** A case is one
feature of changelogs or commands, written for this project; a comparison is a case on one database. Each number below is
*equal / different on purpose / not there yet*.

| area | what | cases | ${conformanceDatabases.join(' | ')} |
| --- | --- | --- | ${conformanceDatabases.map(() => '---').join(' | ')} |
${rows.map(({ area, counts }) => `| ${area.area} | ${about[area.area] ?? ''} | ${area.cases.length} | ${counts.map(cell).join(' | ')} |`).join('\n')}

Besides, ${Object.values(caseGroups).flat().length} changes are compared by their generated SQL alone, in Liquibase's offline mode, for PostgreSQL, CockroachDB, MySQL, MariaDB
and SQLite (area \`generated-sql\`); MySQL and CockroachDB have never been run on a server by this project's tests.

Liquibase's answers are stored in tests/conformance/answers by the content of each case, so no Java is needed to compare. A new or
changed case asks again (\`./scripts/node tests/conformance/record.ts\`, with a JDK); \`REFRESH_ORACLE=1\` asks for all of them.
A listed difference that disappears fails the tests, so this page stays true.

## Different on purpose

${list(differences)}

## Not there yet

${knownFailures.length === 0 ? 'Nothing is known.' : list(knownFailures)}
`
}

function count(area: ConformanceArea, database: ConformanceDatabase): Counts {
  const keys = casesOn(area, database).map((one) => caseKey(area.area, one.name, database))
  const isListed = (list: readonly Difference[], key: string): boolean => list.some((one) => matchesKey(one.case, key))
  const onPurpose = keys.filter((key) => isListed(differences, key))
  const missing = keys.filter((key) => !isListed(differences, key) && isListed(knownFailures, key))
  return { equal: keys.length - onPurpose.length - missing.length, onPurpose: onPurpose.length, missing: missing.length }
}

function cell({ equal, onPurpose, missing }: Counts): string {
  return equal + onPurpose + missing === 0 ? '–' : `${equal} / ${onPurpose} / ${missing}`
}

/** Entries by reason, so that one reason stands once. */
function list(entries: readonly Difference[]): string {
  const byReason = new Map<string, string[]>()
  for (const entry of entries) byReason.set(entry.reason, [...(byReason.get(entry.reason) ?? []), entry.case])
  return [...byReason].map(([reason, cases]) => `- ${reason}\n  ${cases.map((one) => `\`${one}\``).join(', ')}`).join('\n')
}
