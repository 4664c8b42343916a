import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type Diagnostic, hasErrors, limits } from '@sluice/base'
import { HttpCallError } from '@sluice/client'
import { entityEndpoints, type EntityDocument, entityKinds, type EntityKind, readEntityDocuments } from '@sluice/contract'
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
 * `sluice apply -f`: brings entities to what YAML says. Everything is read and checked before anything is written; what is referred to is
 * written before what refers to it. Repeating it changes nothing.
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
    throw new AppError(
      'invalid',
      'ENTITIES_INVALID',
      `${String(diagnostics.filter(({ severity }) => severity === 'error').length)} problems; nothing was written.`,
    )
  }
  if (documents.length === 0)
    throw new AppError('invalid', 'ENTITIES_NONE', 'The files hold no entity.', {
      hint: 'A document has one top-level key such as "connector:".',
    })
  const kinds = Object.keys(entityKinds)
  const ordered = [...documents].sort((left, right) => kinds.indexOf(left.kind) - kinds.indexOf(right.kind))
  const done: { kind: EntityKind; identifier: string; action: string; difference: readonly string[] }[] = []
  for (const document of ordered) {
    const planned = await plan(context, document)
    if (!options.dryRun && planned.action !== 'unchanged') await write(context, planned)
    const identifier = identifierOf(document)
    done.push({ kind: document.kind, identifier, action: planned.action, difference: planned.difference })
    const verb =
      options.dryRun && planned.action !== 'unchanged'
        ? `would ${planned.action}`
        : { create: 'created', update: 'updated', unchanged: 'unchanged' }[planned.action]
    if (!context.printer.isJson)
      context.printer.event(
        undefined,
        [`${document.kind} ${identifier}: ${verb}`, ...planned.difference.map((line) => `    ${line}`)].join('\n'),
      )
  }
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

async function write(context: CommandContext, planned: Planned): Promise<void> {
  const { document, version } = planned
  const endpoints = entityEndpoints[document.kind]
  try {
    if (version === undefined) await context.client().call(endpoints.create, { body: document.value, signal: context.signal })
    else {
      await context.client().call(endpoints.update, {
        params: { identifier: identifierOf(document) },
        query: scopeOf(document),
        body: document.value,
        ifMatch: version,
        signal: context.signal,
      })
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(
      error.kind,
      error.code,
      `${document.kind} "${identifierOf(document)}" (${document.file}:${String(document.line)}): ${error.message}`,
      {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        details: error.details,
        cause: error,
      },
    )
  }
}
