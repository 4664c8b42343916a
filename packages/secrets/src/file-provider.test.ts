import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AppError, limits } from '@sluice/base'
import { createFileProvider } from './index.ts'
import type { SecretReference } from './index.ts'

const base = mkdtempSync(join(tmpdir(), 'sluice-secrets-'))
const root = join(base, 'secrets')
after(() => rmSync(base, { recursive: true, force: true }))

mkdirSync(join(root, '..data'), { recursive: true })
mkdirSync(join(root, 'folder'))
mkdirSync(`${root}-other`)
writeFileSync(join(root, 'plain'), 'hunter2-hunter2')
writeFileSync(join(root, 'newline'), 'hunter2\n')
writeFileSync(join(root, 'windows'), 'hunter2\r\n')
writeFileSync(join(root, 'newlines'), 'hunter2\n\n')
writeFileSync(join(root, 'only-newline'), '\n')
writeFileSync(join(root, 'binary'), Buffer.from([0xff, 0x00, 0x0a]))
writeFileSync(join(root, '..data', 'password'), 'mounted')
writeFileSync(join(root, 'largest'), Buffer.alloc(limits.secretBytesMax, 'x'))
writeFileSync(join(root, 'too-large'), Buffer.alloc(limits.secretBytesMax + 1, 'x'))
writeFileSync(join(base, 'outside'), 'hunter2-outside')
writeFileSync(join(`${root}-other`, 'near'), 'hunter2-near')
symlinkSync(join('..data', 'password'), join(root, 'password'))
symlinkSync('../outside', join(root, 'escape'))
symlinkSync('..', join(root, 'up'))
symlinkSync(join(`${root}-other`, 'near'), join(root, 'near'))
symlinkSync('/dev/zero', join(root, 'device'))
symlinkSync('loop', join(root, 'loop'))
symlinkSync('gone', join(root, 'dangling'))
execFileSync('mkfifo', [join(root, 'pipe')])

const signal = new AbortController().signal
const reference = (path: string, more: Partial<SecretReference> = {}): SecretReference => ({
  slot: 's',
  secretId: 'db_password',
  scope: {},
  version: 1,
  type: 'SecretText',
  source: { kind: 'file', path },
  use: 'databasePassword',
  audience: 'postgresql://db:5432/shop',
  ...more,
})
const read = async (path: string, more: Partial<SecretReference> = {}): Promise<string> =>
  Buffer.from(await createFileProvider(root).resolve(reference(path, more), signal)).toString('latin1')
const failsWith = async (path: string, code: string): Promise<void> => {
  await assert.rejects(createFileProvider(root).resolve(reference(path), signal), (error) => {
    assert.ok(error instanceof AppError, path)
    assert.equal(error.code, code, path)
    assert.match(error.message, /secret "db_password" of the account/)
    return !error.message.includes('hunter2')
  })
}

void test('a file’s bytes are the value', async () => {
  assert.equal(await read('plain'), 'hunter2-hunter2')
  assert.equal((await read('largest')).length, limits.secretBytesMax)
})

void test('a text loses one newline at its end, a file and an SSH key do not, and the reference can say otherwise', async () => {
  assert.equal(await read('newline'), 'hunter2')
  assert.equal(await read('windows'), 'hunter2')
  assert.equal(await read('newlines'), 'hunter2\n')
  assert.equal(await read('only-newline'), '')
  assert.equal(await read('newline', { type: 'SecretFile' }), 'hunter2\n')
  assert.equal(await read('newline', { use: 'gitSshKey' }), 'hunter2\n')
  assert.equal(await read('newline', { trimTrailingNewline: false }), 'hunter2\n')
  assert.equal(await read('binary', { type: 'SecretFile' }), '\xff\x00\n')
  assert.equal(await read('binary', { type: 'SecretFile', trimTrailingNewline: true }), '\xff\x00')
})

void test('links inside the folder are followed, as Kubernetes mounts them', async () => {
  assert.equal(await read('password'), 'mounted')
})

void test('links that lead out are refused', async () => {
  for (const path of ['escape', 'up/outside', 'near', 'device', 'up']) await failsWith(path, 'SECRET_FILE_OUTSIDE')
})

void test('a root that is itself a link works', async () => {
  symlinkSync(root, join(base, 'link'))
  const value = await createFileProvider(join(base, 'link')).resolve(reference('plain'), signal)
  assert.equal(Buffer.from(value).toString(), 'hunter2-hunter2')
})

void test('paths that are not plainly relative are refused', async () => {
  for (const path of [
    '',
    '/etc/passwd',
    '../outside',
    'folder/../plain',
    './plain',
    'folder//x',
    'a\0b',
    '..\\x',
    'x'.repeat(2000),
    '..',
  ]) {
    await failsWith(path, 'SECRET_FILE_PATH')
  }
})

void test('folders, pipes, loops and missing files give an error at once', async () => {
  await failsWith('folder', 'SECRET_FILE_KIND')
  await failsWith('pipe', 'SECRET_FILE_KIND')
  await failsWith('loop', 'SECRET_NOT_FOUND')
  await failsWith('dangling', 'SECRET_NOT_FOUND')
  await failsWith('missing', 'SECRET_NOT_FOUND')
  await failsWith('plain/below', 'SECRET_NOT_FOUND')
})

void test('a file over the limit is refused by size', async () => {
  await failsWith('too-large', 'SECRET_TOO_LARGE')
})

void test('a missing folder is told apart from a missing file', async () => {
  await assert.rejects(
    createFileProvider(join(base, 'nowhere')).resolve(reference('plain'), signal),
    (error) => error instanceof AppError && error.code === 'SECRET_FOLDER' && error.hint?.includes('secrets.file.root') === true,
  )
})
