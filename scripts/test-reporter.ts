// A reporter for node:test that says little: a dot per test, the failures in full at the end, and the counts as one line appended to
// the file in SLUICE_TEST_COUNTS, from which ./test adds up its total.
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { inspect } from 'node:util'
import type { TestEvent } from 'node:test/reporters'

const dotsPerLine = 120

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = []
  const skipped: string[] = []
  let passed = 0
  let dots = 0
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message
      continue
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue
    // Files and suites are counted by what is in them, unless they themselves are what failed.
    const isGroup = data.details.type === 'suite' || isFile(data)
    if (type === 'test:fail') {
      if (isGroup && failures.length > 0 && isSubtestFailure(data.details.error)) continue
      failures.push(`${data.name}\n  at ${place(data)}\n${indent(describe(data.details.error))}`)
    } else if (isGroup) {
      continue
    } else if (data.skip !== undefined) {
      skipped.push(`${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}`)
    } else {
      passed++
    }
    yield type === 'test:fail' ? 'F' : data.skip === undefined ? '.' : 's'
    if (++dots % dotsPerLine === 0) yield '\n'
  }
  yield '\n'
  for (const failure of failures) yield `\n✖ ${failure}\n`
  for (const reason of new Set(skipped)) yield `skipped: ${reason}\n`
  yield `${passed} passed, ${failures.length} failed, ${skipped.length} skipped in this suite\n`
  const file = process.env['SLUICE_TEST_COUNTS']
  if (file !== undefined) appendFileSync(file, `${passed} ${failures.length} ${skipped.length}\n`)
}

interface Place {
  readonly name: string
  readonly file?: string | undefined
  readonly line?: number | undefined
}

function isFile({ name, file }: Place): boolean {
  return file !== undefined && (name === file || file.endsWith(`/${name}`))
}

function place({ file, line }: Place): string {
  return file === undefined ? 'an unknown place' : `${relative(process.cwd(), file)}:${line ?? 1}`
}

function isSubtestFailure(error: Error): boolean {
  return (error as { failureType?: string }).failureType === 'subtestsFailed'
}

/** The message and our own frames; other errors also with what they carry, such as a code. */
function describe(wrapper: Error): string {
  const error: unknown = wrapper.cause ?? wrapper
  if (!(error instanceof Error)) return inspect(error)
  const text = error.name === 'AssertionError' ? (error.stack ?? error.message) : inspect(error, { depth: 4, breakLength: 130 })
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*(?:node:|node_modules)/.test(line))
    .join('\n')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
