import { readFile } from 'node:fs/promises'
import { AppError, formatDiagnostic } from '@sluice/base'
import { parseObjectTypes, parseSnapshot, snapshotDatabase } from '@sluice/engine'
import type { ObjectFilter, Snapshot, SnapshotOptions } from '@sluice/engine'
import type { CommandContext } from '../command-context.ts'
import type { ConnectionOptions } from './db-options.ts'
import { withTarget } from './open-target.ts'

/** Which schemas are read, and which of their objects count. */
export interface SchemaFlags {
  readonly schemas?: string
  readonly allSchemas: boolean
  readonly grants: boolean
  readonly withOwners: boolean
  readonly types?: string
  readonly excludeTypes?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}

/** The other side of a comparison. */
export interface ReferenceFlags {
  readonly reference: string
  readonly referenceUser?: string
  readonly referencePasswordFile?: string
}

/** A snapshot file or a database: what looks like no URL is a file. Throws `FILE_UNREADABLE`, `SNAPSHOT_INVALID` and what opening throws. */
export async function readSnapshotOf(context: CommandContext, options: ConnectionOptions, flags: SchemaFlags): Promise<Snapshot> {
  if (!isUrl(options.url)) return readSnapshotFile(options.url)
  return withTarget(context, options, (database) =>
    snapshotDatabase({ database, options: snapshotOptionsOf(options, flags), signal: context.signal }),
  )
}

/** The reference of a comparison, with credentials of its own. */
export function referenceConnection(context: CommandContext, options: ConnectionOptions & ReferenceFlags): ConnectionOptions {
  const user = options.referenceUser ?? context.env['SLUICE_DB_REFERENCE_USER'] ?? options.user
  const passwordFile = options.referencePasswordFile
  const { user: _, passwordFile: own, ...rest } = options
  // Without a word about it, the reference is opened as the target is.
  const file = passwordFile ?? (context.env['SLUICE_DB_REFERENCE_PASSWORD'] === undefined ? own : undefined)
  return {
    ...rest,
    url: options.reference,
    ...(user === undefined ? {} : { user }),
    ...(file === undefined ? {} : { passwordFile: file }),
  }
}

/** The same context with the reference's password where the target's is looked for. */
export function referenceContext(context: CommandContext): CommandContext {
  const password = context.env['SLUICE_DB_REFERENCE_PASSWORD']
  return password === undefined ? context : { ...context, env: { ...context.env, SLUICE_DB_PASSWORD: password } }
}

export function snapshotOptionsOf(options: ConnectionOptions, flags: SchemaFlags): SnapshotOptions {
  return {
    schemas: listOf(flags.schemas),
    allSchemas: flags.allSchemas,
    grants: flags.grants,
    owners: flags.withOwners,
    ...(options.historyTable === undefined ? {} : { historyTable: options.historyTable }),
    ...(options.lockTable === undefined ? {} : { lockTable: options.lockTable }),
  }
}

export function filterOf(flags: SchemaFlags): ObjectFilter {
  const { types, excludeTypes, include, exclude } = flags
  return {
    ...(types === undefined ? {} : { types: parseObjectTypes(listOf(types)) }),
    ...(excludeTypes === undefined ? {} : { excludeTypes: parseObjectTypes(listOf(excludeTypes)) }),
    ...(include === undefined || include.length === 0 ? {} : { include }),
    ...(exclude === undefined || exclude.length === 0 ? {} : { exclude }),
  }
}

/** A comma list, blanks around its parts taken off. */
export function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function isUrl(text: string): boolean {
  return /^(?:jdbc:|postgres(?:ql)?:|mysql:|mariadb:|sqlite:)/i.test(text)
}

async function readSnapshotFile(path: string): Promise<Snapshot> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid', 'FILE_UNREADABLE', `The snapshot "${path}" cannot be read.`, {
      cause,
      hint: 'Give a file that sluice db snapshot wrote, or a database URL (jdbc:…, postgresql://…, mysql://…, mariadb://…, sqlite:…).',
    })
  })
  const { snapshot, diagnostics } = parseSnapshot(text, path)
  if (snapshot !== undefined) return snapshot
  const [first] = diagnostics
  throw new AppError(
    'invalid',
    first?.code ?? 'SNAPSHOT_INVALID',
    first === undefined ? 'The snapshot cannot be read.' : formatDiagnostic(first),
  )
}
