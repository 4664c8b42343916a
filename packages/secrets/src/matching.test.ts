import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesGlob, matchesTarget, parseGitUrl } from './index.ts'

void test('a star stands for any run of characters but a slash', () => {
  for (const [pattern, text] of [
    ['*', 'a'],
    ['*', ''],
    ['a*c', 'abc'],
    ['a*c', 'ac'],
    ['*.example.com', 'a.b.example.com'],
    ['a*b*c', 'aXbXbXc'],
    ['*/x', 'a/x'],
    ['a/**', 'a/b/c'],
    ['**', 'a/b'],
  ] as const) {
    assert.ok(matchesGlob(pattern, text), `${pattern} ${text}`)
  }
  for (const [pattern, text] of [
    ['*', 'a/b'],
    ['a*c', 'abd'],
    ['*.example.com', 'example.com'],
    ['*.example.com', 'a.example.com.evil'],
    ['a/**', 'a'],
    ['a/**', 'b/c'],
    ['a?c', 'abc'],
    ['a.c', 'abc'],
    ['', 'a'],
  ] as const) {
    assert.ok(!matchesGlob(pattern, text), `${pattern} ${text}`)
  }
})

void test('globs agree with the regular expression that they stand for', () => {
  const letters = fc.constantFrom('a', 'b', '*', '/', '.')
  const property = fc.property(
    fc.string({ unit: letters, maxLength: 8 }),
    fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 10 }),
    (pattern, text) => {
      fc.pre(!pattern.includes('**'))
      const expression = pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')
      assert.equal(matchesGlob(pattern, text), new RegExp(`^${expression}$`).test(text))
    },
  )
  fc.assert(property, { numRuns: 3000 })
})

void test('a hostile glob takes bounded time', () => {
  assert.ok(!matchesGlob(`${'*a'.repeat(500)}b`, 'a'.repeat(5000)))
})

void test('targets match with and without their engine', () => {
  const target = 'postgresql://db.example.com:5432/shop'
  for (const pattern of [
    '*',
    target,
    'db.example.com:5432/shop',
    '*.example.com:5432/*',
    'postgresql://*/shop',
    '*://db.example.com:5432/shop',
  ]) {
    assert.ok(matchesTarget(pattern, target), pattern)
  }
  for (const pattern of [
    'mysql://db.example.com:5432/shop',
    'db.example.com:5433/shop',
    'db.example.com/shop',
    '*.example.com:5432',
    '',
    '**/x',
  ]) {
    assert.ok(!matchesTarget(pattern, target), pattern)
  }
  assert.ok(!matchesTarget('a/b', 'a/b'), 'what is no target key matches only *')
})

void test('Git addresses are understood as Git understands them', () => {
  const cases = [
    ['https://user:pw@GitHub.com:443/acme/shop.git', 'https', 'github.com', 'https://github.com/acme/shop.git'],
    ['ssh://git@git.example.com/acme/shop', 'ssh', 'git.example.com', 'ssh://git.example.com/acme/shop'],
    ['git@git.example.com:acme/shop.git', 'ssh', 'git.example.com', 'ssh://git.example.com/acme/shop.git'],
    ['git.example.com:acme/shop.git', 'ssh', 'git.example.com', 'ssh://git.example.com/acme/shop.git'],
    ['https://[::1]:8080/a', 'https', '[::1]', 'https://[::1]:8080/a'],
    ['/srv/git//a.git', 'file', '', 'file:///srv/git/a.git'],
    ['file:///srv/git/a%20b.git', 'file', '', 'file:///srv/git/a b.git'],
    ['https://h/a@b', 'https', 'h', 'https://h/a@b'],
  ] as const
  for (const [text, protocol, host, canonical] of cases) {
    const location = parseGitUrl(text)
    assert.deepEqual([location?.protocol, location?.host, location?.canonical], [protocol, host, canonical], text)
  }
})

void test('Git addresses that could be options, helpers or other hosts are not understood', () => {
  for (const text of [
    '',
    '-u',
    '--upload-pack=x',
    'ext::sh -c id',
    'ext::sh',
    'fd::17',
    'ssh://-oProxyCommand=id/x',
    'ssh://-oProxyCommand=id@h/x',
    '-oProxyCommand=id:x',
    'https://good.com\\@evil.com/x',
    'https://evil.com#@good.com/x',
    'https://evil.com?@good.com/x',
    'https://a@b@good.com/x',
    'https://good.com/../x',
    'https://good.com/%2e%2e/x',
    'https://good.com',
    'https://good.com/',
    'https:///x',
    'https://h h/x',
    'https://h/x\n',
    'relative/path',
    './x',
    'file://host/x',
    'file:///a/../b',
    'file:///%ff',
    'file:///a%00b',
    '/a/../b',
    '/a/./b',
    `https://h/${'x'.repeat(3000)}`,
  ]) {
    assert.equal(parseGitUrl(text), undefined, text)
  }
})

void test('a pattern may name the host itself by its loopback addresses', () => {
  for (const pattern of ['127.0.0.1:5432/shop', '[::1]:5432/shop', 'postgresql://127.0.0.1:5432/*', 'localhost:5432/shop']) {
    assert.equal(matchesTarget(pattern, 'postgresql://localhost:5432/shop'), true, pattern)
  }
  assert.equal(matchesTarget('127.0.0.1:5432/shop', 'postgresql://127.0.0.10:5432/shop'), false)
})
