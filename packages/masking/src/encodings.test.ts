import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMasker, encodingsOf } from './index.ts'

const texts = (value: string | Uint8Array): string[] => encodingsOf(value).map((needle) => Buffer.from(needle).toString())

function isMasked(value: string | Uint8Array, printed: string): void {
  const output = createMasker([{ name: 'secret', value }]).maskText(`<${printed}>`)
  assert.match(output, /^<[^A-Za-z0-9]{0,3}\*{14}[^A-Za-z0-9]{0,3}>$/, printed)
}

const nasty = `a&b<c>d"e'f g/h+i=j?k:l@m#n%o\\p;q{r}s,t!u*v(w)x~y$z\`é漢`

void test('a plain value has few encodings and a nasty one has many', () => {
  assert.ok(encodingsOf('correcthorse').length < 12)
  assert.ok(encodingsOf(nasty).length > 30)
  const all = texts(nasty)
  assert.equal(new Set(all).size, all.length)
})

void test('URL-encoded spellings of common encoders are masked', () => {
  const lower = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
  for (const encoded of [encodeURIComponent(nasty), new URLSearchParams({ v: nasty }).toString().slice(2), encodeURI(nasty)]) {
    isMasked(nasty, encoded)
    isMasked(nasty, lower(encoded))
  }
  const everyByte = [...Buffer.from('p w/d+1')].map((byte) =>
    /[a-z0-9]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16)}`,
  )
  isMasked('p w/d+1', everyByte.join(''))
})

void test('a password inside a database URL is masked', () => {
  const password = 'p@ss/w:rd?#1'
  const url = new URL('postgresql://app@db:5432/shop')
  url.password = password
  assert.equal(createMasker([{ name: 'db', value: password }]).maskText(url.href), 'postgresql://app:**************@db:5432/shop')
  isMasked(password, encodeURIComponent(password))
  isMasked(`it's \\ here`, `it\\'s \\\\ here`)
  isMasked('pa}ss;word', 'pa}}ss;word')
})

void test('JSON, twice nested and in the spelling of several writers, is masked', () => {
  const plain = JSON.stringify(nasty).slice(1, -1)
  isMasked(nasty, plain)
  isMasked(nasty, JSON.stringify(plain).slice(1, -1))
  isMasked(nasty, plain.replaceAll('/', '\\/'))
  isMasked(nasty, plain.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'))
  isMasked(nasty, plain.replaceAll('é', '\\u00e9').replaceAll('漢', '\\u6f22'))
})

void test('XML and HTML are masked', () => {
  const base = nasty.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  isMasked(nasty, base)
  isMasked(nasty, base.replaceAll('"', '&quot;').replaceAll("'", '&apos;'))
  isMasked(nasty, base.replaceAll('"', '&#34;').replaceAll("'", '&#39;'))
})

void test('what a shell shows with quotes and tracing is masked', () => {
  isMasked(`it's me`, `'it'\\''s me'`)
  isMasked(`it's me`, `'it'"'"'s me'`)
  const quoted = execFileSync('bash', ['-c', 'printf %q "$1"', 'bash', 'a b$c&d;e(f)']).toString()
  isMasked('a b$c&d;e(f)', quoted)
})

void test('SQL literals are masked', () => {
  isMasked(`it's me`, `it''s me`)
  isMasked('say "hi" now', 'say ""hi"" now')
})

void test('hexadecimal in both cases is masked', () => {
  const hex = Buffer.from(nasty).toString('hex')
  isMasked(nasty, hex)
  isMasked(nasty, hex.toUpperCase())
})

void test('base64 and base64url are masked wherever the value stands in what was encoded', () => {
  const property = fc.property(
    fc.uint8Array({ minLength: 6, maxLength: 40 }),
    fc.uint8Array({ maxLength: 7 }),
    fc.uint8Array({ maxLength: 7 }),
    fc.constantFrom('base64' as const, 'base64url' as const),
    (value, before, after, alphabet) => {
      fc.pre(!value.every((byte) => byte === 0x20 || (byte >= 9 && byte <= 13)))
      const encoded = Buffer.concat([before, value, after]).toString(alphabet)
      const output = createMasker([{ name: 'secret', value }]).maskText(encoded)
      assert.ok(output.includes('**************'), encoded)
      // At most the characters that mix in a neighbour's bits stay, and padding.
      const clean = encoded.length - output.replace('**************', '').length
      assert.ok(clean >= Math.floor((value.length * 8) / 6) - 1)
    },
  )
  fc.assert(property, { numRuns: 500 })
})

void test('base64 broken into lines of 64 and 76 characters is masked', () => {
  const value = 'a longer secret, such as a private key or a service account file, that does not fit on one line of base64'
  for (const width of [64, 76]) {
    const encoded = Buffer.from(value).toString('base64')
    const lines = encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? []
    assert.ok(lines.length > 1)
    const output = createMasker([{ name: 'key', value }]).maskText(lines.join('\n'))
    assert.doesNotMatch(output, /[A-Za-z0-9]{3}/)
  }
})

void test('lines of a multi-line value count from 6 bytes, with and without their indentation', () => {
  const value = 'first-line\r\n  second-line\nabc\n{\n'
  const all = texts(value)
  for (const needle of ['first-line', '  second-line', 'second-line', 'first-line\\r\\n  second-line\\nabc\\n{\\n']) {
    assert.ok(all.includes(needle), needle)
  }
  assert.ok(!all.includes('abc') && !all.includes('{'))
})

void test('a value with a newline at its end is masked without it', () => {
  isMasked('correct-horse\n', 'correct-horse')
})

void test('JSON leaves are masked, however deep, and keys and short leaves are not', () => {
  const value = JSON.stringify({ type: 'acct', key: { id: 'KEY-12345', list: ['leaf"quoted', 123456789, true, null] }, a: 'x' })
  isMasked(value, 'KEY-12345')
  isMasked(value, 'leaf"quoted')
  isMasked(value, 'leaf\\"quoted')
  isMasked(value, '123456789')
  assert.ok(!texts(value).includes('acct'))
})

void test('hostile JSON does no harm', () => {
  assert.ok(encodingsOf('['.repeat(5000)).length > 0)
  assert.ok(encodingsOf(`${'['.repeat(3000)}${']'.repeat(3000)}`).length > 0)
  assert.ok(encodingsOf('{"a": ').length > 0)
})

void test('values below 6 bytes have no encodings', () => {
  for (const value of ['', 'a', '12345', '      ', '\n\n\n\n\n\n\n']) assert.deepEqual(encodingsOf(value), [])
})

void test('binary values are masked raw, in hexadecimal and base64', () => {
  const value = new Uint8Array([0xff, 0xfe, 0x80, 0x00, 0xc0, 0x01, 0x99])
  const all = encodingsOf(value).map((needle) => Buffer.from(needle).toString('latin1'))
  assert.ok(all.includes(Buffer.from(value).toString('latin1')))
  assert.ok(all.includes('fffe8000c00199'))
  assert.ok(all.includes('%FF%FE%80%00%C0%01%99'))
})

void test('any text is masked raw, in JSON, URLs, base64 and hexadecimal', () => {
  const property = fc.property(fc.string({ minLength: 6, maxLength: 60, unit: 'grapheme' }), (value) => {
    fc.pre(value.trim().length > 0 && value.isWellFormed())
    const masker = createMasker([{ name: 'secret', value }])
    const bytes = Buffer.from(value)
    const spellings = [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      bytes.toString('base64'),
      bytes.toString('hex'),
    ]
    for (const printed of spellings) assert.match(masker.maskText(`<${printed}>`), /^<\*{14}[^>]{0,4}>$/)
  })
  fc.assert(property, { numRuns: 300 })
})
