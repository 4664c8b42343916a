import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { errorKinds } from '@sluice/base'
import type { ErrorKind } from '@sluice/base'
import { statusOfKind } from '@sluice/contract'

/** What `apps/cli/src/exit-codes.ts` makes of the kinds; the rest is 1. */
const exitCodes: Readonly<Partial<Record<ErrorKind, number>>> = { invalid: 2, unavailable: 4, timeout: 4, canceled: 130 }

const advice: Readonly<Record<ErrorKind, string>> = {
  invalid: 'correct the input',
  unauthenticated: 'log in again',
  forbidden: 'ask for the right',
  notFound: 'check the name',
  conflict: 'look at what is there, then try again',
  failedPrecondition: 'change what the message names first',
  limitExceeded: 'send less, or later',
  unavailable: 'try again later',
  timeout: 'try again, or raise the limit',
  canceled: 'nothing: somebody asked for it',
  internal: 'report it with the request id',
}

/** One error code of the sources, as far as they show it. */
export interface ErrorCode {
  readonly code: string
  /** `package/base`, `apps/cli`: where it is raised. */
  readonly units: Set<string>
  readonly kinds: Set<string>
  /** The first message found, with `…` for what is filled in. */
  message: string
}

/** All codes of `AppError`s and of diagnostics, found by reading the sources: a page of documentation that cannot be forgotten. */
export function renderErrorsPage(root: string): string {
  const thrown = new Map<string, ErrorCode>()
  const reported = new Map<string, ErrorCode>()
  for (const path of listSources(root)) {
    const unit = relative(root, path).split('/').slice(0, 2).join('/')
    if (unit === 'packages/testkit') continue
    const text = readFileSync(path, 'utf8')
    for (const { kind, code, message } of findThrown(text)) note(thrown, unit, code, kind, message)
    for (const { code, message } of findReported(text)) note(reported, unit, code, undefined, message)
  }
  return [
    '# Error codes',
    '',
    '<!-- Written by `npm run generate` from the sources; edits are lost. -->',
    '',
    'Every failure has a stable code. Its kind decides what a caller can do:',
    '',
    '| kind | HTTP | CLI exit | what to do |',
    '| --- | --- | --- | --- |',
    ...errorKinds.map((kind) => `| \`${kind}\` | ${statusOfKind[kind] ?? 500} | ${exitCodes[kind] ?? 1} | ${advice[kind]} |`),
    '',
    '## Failures',
    '',
    '| code | kind | from | message |',
    '| --- | --- | --- | --- |',
    ...rows(
      thrown,
      (entry) => `\`${entry.code}\` | ${[...entry.kinds].toSorted().join(', ')} | ${unitList(entry)} | ${entry.message}`,
    ),
    '',
    '## Findings in input',
    '',
    'All findings of a text come at once, each with file, line, column and a hint.',
    '',
    '| code | from |',
    '| --- | --- |',
    ...rows(reported, (entry) => `\`${entry.code}\` | ${unitList(entry)}`),
    '',
  ].join('\n')
}

function rows(codes: ReadonlyMap<string, ErrorCode>, render: (entry: ErrorCode) => string): string[] {
  return [...codes.values()].toSorted((left, right) => (left.code < right.code ? -1 : 1)).map((entry) => `| ${render(entry)} |`)
}

function unitList(entry: ErrorCode): string {
  return [...entry.units].toSorted().join(', ')
}

function note(codes: Map<string, ErrorCode>, unit: string, code: string, kind: string | undefined, message: string): void {
  const entry = codes.get(code) ?? { code, units: new Set<string>(), kinds: new Set<string>(), message }
  entry.units.add(unit)
  if (kind !== undefined) entry.kinds.add(kind)
  codes.set(code, entry)
}

const text = String.raw`(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\x60(?:\\.|[^\x60\\])*\x60)`
const codeText = String.raw`'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'`
const thrownPattern = new RegExp(String.raw`(?:new AppError|super)\(\s*'([a-zA-Z]+)',\s*${codeText},\s*(${text})?`, 'g')
// `code: 'X_Y'` of an object, and `report(…, 'X_Y', …)` of the parsers' collectors.
const reportedPattern = new RegExp(
  String.raw`\bcode: ${codeText}|\b(?:report|problem|fail|refuse|error|warning|note)\([^'"\x60;]*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'`,
  'g',
)

function findThrown(source: string): { kind: string; code: string; message: string }[] {
  return [...source.matchAll(thrownPattern)].map(([, kind = '', code = '', message = '']) => ({
    kind,
    code,
    message: tidyMessage(message),
  }))
}

function findReported(source: string): { code: string; message: string }[] {
  return [...source.matchAll(reportedPattern)]
    .map(([, property, argument]) => property ?? argument ?? '')
    .filter((code) => code.includes('_') && !code.startsWith('SLUICE_'))
    .map((code) => ({ code, message: '' }))
}

/** The literal without its quotes; what is filled in becomes `…`; fit for a cell of a table. */
function tidyMessage(literal: string): string {
  const inner = literal.slice(1, -1)
  let result = ''
  for (let index = 0; index < inner.length; index++) {
    if (!inner.startsWith('${', index)) {
      result += inner.charAt(index)
      continue
    }
    let depth = 0
    for (; index < inner.length; index++) {
      if (inner.charAt(index) === '{') depth++
      if (inner.charAt(index) === '}' && --depth === 0) break
    }
    result += '…'
  }
  return result.replaceAll(/\\(.)/g, '$1').replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll(/\s+/g, ' ')
}

function listSources(root: string): string[] {
  return ['packages', 'apps']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
    )
    .filter((path) => /\.tsx?$/.test(path) && !/\.(test|e2e)\.tsx?$/.test(path) && !/\/(node_modules|dist|testing)\//.test(path))
    .toSorted()
}
