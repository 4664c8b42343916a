import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTempDir } from '@sluice/testkit'
import { makeExampleRepository } from './example-repository.ts'

test('the example’s repository is made once, and what people change in it stays', async () => {
  await using dir = await openTempDir()
  const source = join(dir.path, 'source')
  mkdirSync(source)
  writeFileSync(join(source, 'changelog.yaml'), 'first')
  const repository = await makeExampleRepository(source, dir.path)
  const changelog = join(repository, 'changelog.yaml')
  assert.equal(readFileSync(changelog, 'utf8'), 'first')
  writeFileSync(changelog, 'changed')
  assert.equal(await makeExampleRepository(source, dir.path), repository)
  assert.equal(readFileSync(changelog, 'utf8'), 'changed')
})
