import { constants } from 'node:fs'
import { lstat, open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { AppError, limits } from '@sluice/base'
import type { SecretProvider } from './provider.ts'
import { formatReference } from './reference.ts'
import type { SecretReference } from './reference.ts'

/**
 * Values from regular files under one folder. Symbolic links are followed (Kubernetes mounts secrets through them) as long as what
 * they lead to is still under the folder. At most `limits.secretBytesMax`.
 */
export function createFileProvider(root: string): SecretProvider {
  return {
    kind: 'file',
    async resolve(reference) {
      const path = reference.source.kind === 'file' ? reference.source.path : ''
      if (!isRelativePath(path)) {
        throw failure('invalid', 'SECRET_FILE_PATH', reference, path, 'is not a relative path without ".."')
      }
      let folder: string
      let target: string
      try {
        folder = await realpath(root)
      } catch (error) {
        throw new AppError(
          'failedPrecondition',
          'SECRET_FOLDER',
          `The folder of secret files "${root}" cannot be opened on the delegate.`,
          {
            hint: 'Create it, or correct secrets.file.root in the delegate’s policy.',
            cause: error,
          },
        )
      }
      try {
        target = await realpath(join(folder, path))
      } catch (error) {
        throw failure(
          'failedPrecondition',
          'SECRET_NOT_FOUND',
          reference,
          path,
          `cannot be read on the delegate (${errorCode(error)})`,
        )
      }
      if (!target.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
        throw failure('forbidden', 'SECRET_FILE_OUTSIDE', reference, path, 'leads out of the folder of secret files')
      }
      const value = await readRegularFile(target, reference, path)
      return shouldTrim(reference) ? trimNewline(value) : value
    },
  }
}

async function readRegularFile(target: string, reference: SecretReference, path: string): Promise<Uint8Array> {
  const notRegular = (): AppError => failure('invalid', 'SECRET_FILE_KIND', reference, path, 'is not a regular file')
  // Looked at before it is opened: opening a device can already do something.
  const before = await lstat(target).catch(() => undefined)
  if (before?.isFile() !== true) throw notRegular()
  let file
  try {
    // No link and no waiting for a pipe's writer, should the file have been swapped since.
    file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw failure(
      'failedPrecondition',
      'SECRET_NOT_FOUND',
      reference,
      path,
      `cannot be read on the delegate (${errorCode(error)})`,
    )
  }
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.ino !== before.ino || stats.dev !== before.dev) throw notRegular()
    const buffer = new Uint8Array(limits.secretBytesMax + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null)
      if (bytesRead === 0) break
      length += bytesRead
    }
    const value = buffer.slice(0, length)
    buffer.fill(0)
    if (length <= limits.secretBytesMax) return value
    value.fill(0)
    throw failure('limitExceeded', 'SECRET_TOO_LARGE', reference, path, `has more than ${limits.secretBytesMax} bytes`)
  } finally {
    await file.close()
  }
}

function isRelativePath(path: string): boolean {
  if (path === '' || path.length > 1024 || path.includes('\0') || path.includes('\\')) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

function shouldTrim(reference: SecretReference): boolean {
  // OpenSSH refuses a key without its last newline.
  return reference.trimTrailingNewline ?? (reference.type === 'SecretText' && reference.use !== 'gitSshKey')
}

function trimNewline(value: Uint8Array): Uint8Array {
  let end = value.length
  if (value[end - 1] === 0x0a) end -= 1
  if (end < value.length && value[end - 1] === 0x0d) end -= 1
  return value.subarray(0, end)
}

function failure(
  kind: ConstructorParameters<typeof AppError>[0],
  code: string,
  reference: SecretReference,
  path: string,
  problem: string,
): AppError {
  return new AppError(kind, code, `The file "${path.slice(0, 300)}" for ${formatReference(reference)} ${problem}.`)
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
