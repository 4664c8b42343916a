import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type Diagnostic, hasErrors, limits } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import {
  entityBatchEndpoint,
  entityEndpoints,
  type EntityDocument,
  entityKinds,
  type IssueView,
  readEntityDocuments,
} from '@sluice/contract'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeDifference } from '../output/difference.ts'

interface Planned {
  readonly document: EntityDocument
  readonly action: 'create' | 'update' | 'unchanged'
  readonly version: number | undefined
  readonly difference: readonly string[]
}

/** Most files one `apply` reads. */
const filesMax = 1000

/**
 * `sluice apply -f`: brings entities to what YAML says. Everything is read and checked before anything is written, and written as one
 * change; a dry run has the server check it as well. Repeating it changes nothing.
 */
export async function apply(
  context: CommandContext,
  options: { readonly files: readonly string[]; readonly dryRun: boolean },
): Promise<number> {
  if (options.files.length === 0)
    throw new AppError('invalid', 'ENTITIES_NONE', 'The command does not say which files to apply.', {
      hint: 'Name files or folders: sluice apply -f entities/',
    })
  const { documents, diagnostics } = readAll(options.files, context)
  context.printer.diagnostics(diagnostics)
  if (hasErrors(diagnostics)) {
    throw new AppError('invalid', 'ENTITIES_INVALID', countProblems(diagnostics))
  }
  if (documents.length === 0)
    throw new AppError('invalid', 'ENTITIES_NONE', 'The files hold no entity.', {
      hint: 'A document has one top-level key such as "connector:".',
    })
  const kinds = Object.keys(entityKinds)
  const ordered = [...documents].sort((left, right) => kinds.indexOf(left.kind) - kinds.indexOf(right.kind))
  const planned: Planned[] = []
  for (const document of ordered) planned.push(await plan(context, document))
  await write(
    context,
    planned.filter(({ action }) => action !== 'unchanged'),
    options.dryRun,
  )
  for (const { document, action, difference } of planned) {
    const verb =
      options.dryRun && action !== 'unchanged'
        ? `would ${action}`
        : { create: 'created', update: 'updated', unchanged: 'unchanged' }[action]
    if (!context.printer.isJson)
      context.printer.event(
        undefined,
        [`${document.kind} ${identifierOf(document)}: ${verb}`, ...difference.map((line) => `    ${line}`)].join('\n'),
      )
  }
  const done = planned.map(({ document, action, difference }) => ({
    kind: document.kind,
    identifier: identifierOf(document),
    action,
    difference,
  }))
  if (context.printer.isJson) context.printer.result({ dryRun: options.dryRun, entities: done }, () => '')
  return exitCodes.ok
}

function readAll(paths: readonly string[], context: CommandContext): { documents: EntityDocument[]; diagnostics: Diagnostic[] } {
  const documents: EntityDocument[] = []
  const diagnostics: Diagnostic[] = []
  for (const file of paths.flatMap(listFiles)) {
    const parsed = readEntityDocuments(readText(file), { file, scope: context.scope })
    documents.push(...parsed.documents)
    diagnostics.push(...parsed.diagnostics)
  }
  return { documents, diagnostics }
}

function listFiles(path: string): readonly string[] {
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (cause) {
    throw new AppError('invalid', 'FILE_UNREADABLE', `There is no file or folder "${path}".`, { cause })
  }
  if (!isFolder) return [path]
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name))
  if (files.length > filesMax)
    throw new AppError(
      'invalid',
      'TOO_MANY_FILES',
      `"${path}" holds ${String(files.length)} YAML files; at most ${String(filesMax)} are read at once.`,
    )
  return files
}

function readText(file: string): string {
  if (statSync(file).size > limits.yamlBytesMax)
    throw new AppError('invalid', 'FILE_TOO_LARGE', `"${file}" is larger than ${String(limits.yamlBytesMax)} bytes.`)
  return readFileSync(file, 'utf8')
}

function scopeOf(document: EntityDocument): { orgIdentifier?: string; projectIdentifier?: string } {
  const { orgIdentifier, projectIdentifier } = document.value as { orgIdentifier?: string; projectIdentifier?: string }
  return {
    ...(orgIdentifier === undefined ? {} : { orgIdentifier }),
    ...(projectIdentifier === undefined ? {} : { projectIdentifier }),
  }
}

function identifierOf(document: EntityDocument): string {
  return String((document.value as { identifier: unknown }).identifier)
}

async function plan(context: CommandContext, document: EntityDocument): Promise<Planned> {
  const endpoints = entityEndpoints[document.kind]
  try {
    const stored = await context
      .client()
      .call(endpoints.get, { params: { identifier: identifierOf(document) }, query: scopeOf(document), signal: context.signal })
    // The server names what has no name after its identifier: that is no difference.
    const difference = describeDifference(stored.spec, { name: identifierOf(document), ...document.value })
    return { document, action: difference.length === 0 ? 'unchanged' : 'update', version: stored.meta.version, difference }
  } catch (error) {
    if (!(error instanceof HttpCallError) || error.kind !== 'notFound') throw error
    return { document, action: 'create', version: undefined, difference: [] }
  }
}

/** All of it or nothing. What the server finds wrong is told by the places of the files. */
async function write(context: CommandContext, planned: readonly Planned[], dryRun: boolean): Promise<void> {
  if (planned.length === 0) return
  const entities = planned.map(({ document: { kind, value }, version }) => ({
    kind,
    value,
    ...(version === undefined ? {} : { version }),
  }))
  try {
    await context.client().call(entityBatchEndpoint, { body: { entities, dryRun }, signal: context.signal })
  } catch (error) {
    const diagnostics = error instanceof HttpCallError ? diagnosticsOf(error, planned) : []
    if (diagnostics.length === 0) throw error
    context.printer.diagnostics(diagnostics)
    throw new AppError('invalid', 'ENTITIES_INVALID', countProblems(diagnostics), { cause: error })
  }
}

/** Problems of the list that was sent, as problems of the files; empty when one of them is of the list itself. */
function diagnosticsOf(error: HttpCallError, planned: readonly Planned[]): readonly Diagnostic[] {
  const issues = error.details['issues']
  if (!Array.isArray(issues)) return []
  const found = (issues as IssueView[]).map(({ path = [], code, message, hint }): Diagnostic | undefined => {
    const [list, index, ...field] = path
    const document = list === 'entities' ? planned[Number(index)]?.document : undefined
    if (document === undefined) return undefined
    const text = `${document.kind} "${identifierOf(document)}": ${message}`
    const place = { file: document.file, ...document.locate(field) }
    return { severity: 'error', code: code ?? 'ENTITY_INVALID', message: text, ...place, ...(hint === undefined ? {} : { hint }) }
  })
  return found.includes(undefined) ? [] : found.filter((diagnostic) => diagnostic !== undefined)
}

function countProblems(diagnostics: readonly Diagnostic[]): string {
  const count = diagnostics.filter(({ severity }) => severity === 'error').length
  return `${count === 1 ? 'One problem' : `${String(count)} problems`}; nothing was written.`
}
