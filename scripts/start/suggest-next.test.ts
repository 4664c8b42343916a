import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReleasedDatabase } from './choose-release.ts'
import { suggestNext } from './suggest-next.ts'

function databases(isUpToDate: boolean, ...releases: string[]): ReleasedDatabase[] {
  return ['dev', 'production'].map((name) => {
    const tags = releases.map((release) => `${name}-${release}`)
    return { name, isUpToDate, tags, lastTag: tags.at(-1) ?? null }
  })
}
const repositoryDir = '.sluice/example/repository'

test('after a first start the next release is suggested, and where to make a change for it', () => {
  assert.deepEqual(suggestNext({ executionId: 'exe_1', isExpected: true, databases: databases(true, 'v1'), repositoryDir }), [
    './sluice execution show exe_1 --changesets',
    './sluice pipeline run deploy_shop --input release=v2 --follow',
    '  (a change that is committed in .sluice/example/repository first is what it applies)',
    './sluice target list',
  ])
})

test('a release that the databases have already is never suggested', () => {
  const [, second] = suggestNext({
    executionId: 'exe_1',
    isExpected: true,
    databases: databases(true, 'v1', 'v2'),
    repositoryDir,
  })
  assert.equal(second, './sluice pipeline run deploy_shop --input release=v3 --follow')
  // An earlier release's tag has moved on with the newest changeset.
  const [, moved] = suggestNext({ executionId: 'exe_1', isExpected: true, databases: databases(true, 'v2'), repositoryDir })
  assert.equal(moved, './sluice pipeline run deploy_shop --input release=v3 --follow')
  const [, named] = suggestNext({
    executionId: 'exe_1',
    isExpected: true,
    databases: databases(true, 'v1', 'summer'),
    repositoryDir,
  })
  assert.equal(named, './sluice pipeline run deploy_shop --input release=v2 --follow')
})

test('after a run that failed come its reasons, then the same again', () => {
  assert.deepEqual(suggestNext({ executionId: 'exe_1', isExpected: false, databases: databases(false), repositoryDir }), [
    './sluice execution show exe_1',
    './sluice doctor',
    './sluice pipeline run deploy_shop --input release=v1 --follow',
  ])
})

test('where no execution came to be, none is shown', () => {
  const lines = suggestNext({ executionId: '', isExpected: false, databases: databases(false), repositoryDir })
  assert.equal(lines[0], './sluice execution list')
})
