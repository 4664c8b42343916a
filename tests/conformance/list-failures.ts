// Brings known-failures.json up to date with a report of the conformance tests:
//   CONFORMANCE_REPORT=report.jsonl ./test conformance; ./scripts/node tests/conformance/list-failures.ts report.jsonl
// Comparisons that are equal are taken off. New ones are printed, and added with what differs as their reason only with `--add`: look
// at them first, since each is either a bug to mend or a difference to explain in differences.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { differences } from './differences.ts'
import { matchesKey } from './framework/matches-key.ts'
import { knownFailures, knownFailuresPath } from './known-failures.ts'

interface Line {
  readonly key: string
  readonly differs?: string
}

const [path = '', flag] = process.argv.slice(2)
const lines = new Map<string, Line>()
for (const text of readFileSync(path, 'utf8').split('\n')) {
  if (text === '') continue
  const line = JSON.parse(text) as Line
  lines.set(line.key, line)
}
const kept = knownFailures.filter((one) => lines.get(one.case)?.differs !== undefined || !lines.has(one.case))
const isExplained = (key: string): boolean => differences.some((one) => matchesKey(one.case, key))
const added = [...lines.values()].filter(
  ({ key, differs }) => differs !== undefined && !isExplained(key) && !knownFailures.some((one) => one.case === key),
)
for (const { key, differs = '' } of added) console.log(`${key}${differs}\n`)
const byReason: Record<string, string[]> = {}
for (const { case: key, reason } of [...kept, ...(flag === '--add' ? added.map(toFailure) : [])])
  (byReason[reason] ??= []).push(key)
writeFileSync(knownFailuresPath, `${JSON.stringify(byReason, null, 2)}\n`)
console.log(`${knownFailures.length - kept.length} taken off, ${added.length} new${flag === '--add' ? ' and added' : ''}.`)

/** The first problem that Sluice tells, or else the kind of difference. */
function toFailure({ key, differs = '' }: Line): { readonly case: string; readonly reason: string } {
  const problem = /^Problem: +(?:[\w-]+[^:]*: )?(.*)$/m.exec(differs)?.[1]
  const reason = problem ?? /^Sluice: +(.*)$/m.exec(differs)?.[1] ?? /^Liquibase: +(.*)$/m.exec(differs)?.[1] ?? 'It differs.'
  return { case: key, reason: reason.slice(0, 200) }
}
