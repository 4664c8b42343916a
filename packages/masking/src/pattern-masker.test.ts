import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPatternMasker, defaultReplacement, patternLineBytesMax } from './index.ts'
import type { MaskStream } from './index.ts'

const masker = createPatternMasker()
const stars = defaultReplacement
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${'A1b2'.repeat(10)}`
const basic = Buffer.from('app:hunter2').toString('base64')

function feed(stream: MaskStream, chunks: readonly Uint8Array[]): string {
  return Buffer.concat([...chunks.map((chunk) => stream.push(chunk)), stream.end()]).toString()
}

const hidden: readonly [text: string, masked: string][] = [
  [`token ${jwt} end`, `token ${stars} end`],
  ['password=hunter2 next', `password=${stars} next`],
  ['PGPASSWORD=hunter2', `PGPASSWORD=${stars}`],
  ['spring.datasource.password = hunter2', `spring.datasource.password = ${stars}`],
  ['password: hunter2', `password: ${stars}`],
  ['{"password":"hunter 2\\"x","user":"a"}', `{"password":"${stars}","user":"a"}`],
  ['{\\"password\\":\\"hunter2\\",\\"b\\":1}', `{\\"password\\":\\"${stars}\\",\\"b\\":1}`],
  [`{'passwd': 'hunter2'}`, `{'passwd': '${stars}'}`],
  [
    'jdbc:postgresql://db:5432/shop?user=app&password=hunter2&ssl=true',
    `jdbc:postgresql://db:5432/shop?user=app&password=${stars}&ssl=true`,
  ],
  ['Server=db;Pwd=hunter2;Database=x', `Server=db;Pwd=${stars};Database=x`],
  [`CREATE ROLE app LOGIN PASSWORD 'hunter2';`, `CREATE ROLE app LOGIN PASSWORD '${stars}';`],
  [`create user a identified by 'hunter2'`, `create user a identified by '${stars}'`],
  [':password => "hunter2"', `:password => "${stars}"`],
  ['password="unclosed hunter2', `password="${stars}`],
  ['client_secret=abc123', `client_secret=${stars}`],
  ['"access_token": "abc123"', `"access_token": "${stars}"`],
  ['aws_secret_access_key=abc/123+x', `aws_secret_access_key=${stars}`],
  ['AccountKey=abc123==;Endpoint=x', `AccountKey=${stars};Endpoint=x`],
  ['Authorization: Bearer abcdef123456.x', `Authorization: Bearer ${stars}`],
  [`authorization: basic ${basic}`, `authorization: basic ${stars}`],
  ['postgresql://app:hunter2@db:5432/shop', `postgresql://app:${stars}@db:5432/shop`],
  ['https://x:p@ss@git.example.com/a.git', `https://x:${stars}@git.example.com/a.git`],
  ['AKIAIOSFODNN7EXAMPLE', stars],
  [`ghp_${'a1'.repeat(18)}`, stars],
  [`(glpat-${'x'.repeat(20)})`, `(${stars})`],
  [`AIza${'Z'.repeat(35)}`, stars],
  [
    'key: -----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----',
    `key: -----BEGIN PRIVATE KEY-----${stars}-----END PRIVATE KEY-----`,
  ],
]

void test('secrets of known shapes are hidden and their surroundings stay', () => {
  for (const [text, masked] of hidden) assert.equal(masker.maskText(text), masked, text)
})

void test('ordinary text stays as it is', () => {
  const texts = [
    'FATAL: password authentication failed for user "app"',
    'Enter password:',
    'password: <+secrets.getValue("db_password")>',
    'password=${DB_PASSWORD}',
    `password=${stars}`,
    'Basic authentication is used; basic settings apply',
    'bearer authentication required',
    'secret: shop_dev_password',
    'token: unexpected end of input',
    'https://git.example.com/a.git at 10:30',
    'postgresql://app@db:5432/shop',
    'http://[::1]:8080/a@b',
    'eyJ is how a token begins',
    'eyJhbGciOiJIUzI1NiJ9 alone',
    'AKIA is a prefix',
    '-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----',
    '-----BEGIN',
    'SET password_encryption TO x',
    '',
    '\n\n',
  ]
  for (const text of texts) assert.equal(masker.maskText(text), text)
})

void test('the body of a private key is hidden over lines, also after a log’s own prefix', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'
  const text = `a\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${body}\n2025-01-01 INFO ${body}\nabc=\n-----END RSA PRIVATE KEY-----\nafter\n`
  const masked = `a\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${stars}\n2025-01-01 INFO ${stars}\n${stars}\n-----END RSA PRIVATE KEY-----\nafter\n`
  assert.equal(masker.maskText(text), masked)
})

void test('a private key that never ends does not hide the rest of the log', () => {
  const text = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n[step] 3 changesets, 0 failed.\nMIIEvQIBADANBg\n'
  assert.equal(masker.maskText(text), `-----BEGIN PRIVATE KEY-----\n${stars}\n[step] 3 changesets, 0 failed.\nMIIEvQIBADANBg\n`)
})

void test('a line comes out when it is complete', () => {
  const stream = masker.stream()
  assert.equal(stream.push(Buffer.from('password=hun')).length, 0)
  assert.equal(Buffer.from(stream.push(Buffer.from('ter2\nnext'))).toString(), `password=${stars}\n`)
  assert.equal(Buffer.from(stream.end()).toString(), 'next')
})

void test('any cut of a text gives the same output', () => {
  const text = Buffer.from(hidden.map(([line]) => line).join('\r\n'))
  const expected = hidden.map(([, line]) => line).join('\r\n')
  for (let cut = 0; cut <= text.length; cut++) {
    assert.equal(feed(masker.stream(), [text.subarray(0, cut), text.subarray(cut)]), expected)
  }
  assert.equal(
    feed(
      masker.stream(),
      [...text].map((byte) => new Uint8Array([byte])),
    ),
    expected,
  )
})

void test('random text of the rules’ own words is the same in any chunks, and other bytes are kept', () => {
  const word = fc.constantFrom(
    'password',
    '=',
    ':',
    ' ',
    '"',
    "'",
    '\\',
    '://',
    '@',
    'bearer',
    jwt,
    '-----BEGIN PRIVATE KEY-----',
    '-----END',
    '\n',
    'a1',
    'é',
    basic,
  )
  const property = fc.property(fc.array(word, { maxLength: 40 }), fc.nat(), fc.nat(), (words, first, second) => {
    const text = Buffer.from(words.join(''))
    const cuts = [first % (text.length + 1), second % (text.length + 1)].toSorted((left, right) => left - right)
    const chunks = [text.subarray(0, cuts[0]), text.subarray(cuts[0], cuts[1]), text.subarray(cuts[1])]
    const whole = feed(masker.stream(), [text])
    assert.equal(feed(masker.stream(), chunks), whole)
    // What is shown is a subsequence of what came in, line by line.
    assert.equal(whole.split('\n').length, text.toString().split('\n').length)
    let at = 0
    for (const part of whole.split(stars)) {
      at = text.toString().indexOf(part, at)
      assert.ok(at >= 0)
      at += part.length
    }
    assert.ok(!whole.includes(jwt))
  })
  fc.assert(property, { numRuns: 1000 })
})

void test('bytes that are no text pass unchanged', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    // Without letters no rule can apply.
    const noise = Buffer.from(bytes.map((byte) => (byte >= 0x41 && byte <= 0x7a ? 0x2e : byte)))
    const stream = masker.stream()
    assert.deepEqual(Buffer.concat([stream.push(noise), stream.end()]), noise)
  })
  fc.assert(property, { numRuns: 200 })
})

void test('a line longer than the limit is cut at a blank, and a secret across a hard cut stays hidden', () => {
  const filler = 'x '.repeat(patternLineBytesMax / 2 - 6)
  const output = feed(masker.stream(), [Buffer.from(`${filler}password=${'h'.repeat(2 * patternLineBytesMax)} end\n`)])
  assert.ok(!output.includes('hhhh'))
  assert.ok(output.endsWith(' end\n') && output.startsWith(filler.slice(0, -20)))
  const chunked = masker.stream()
  const single = Buffer.from(`${filler}password=${'h'.repeat(2 * patternLineBytesMax)} end\n`)
  const chunks = Array.from({ length: Math.ceil(single.length / 1000) }, (_, index) =>
    single.subarray(index * 1000, (index + 1) * 1000),
  )
  assert.equal(feed(chunked, chunks), output)
})

void test('hostile lines take linear time', () => {
  for (const unit of [
    'eyJ',
    'eyJa.',
    '://',
    '://@',
    'password=',
    'password ',
    'password="',
    'bearer ',
    'AKIA',
    '-----BEGIN',
    "password='\\",
  ]) {
    const text = Buffer.from(unit.repeat(Math.ceil((1024 * 1024) / unit.length)))
    const startMs = performance.now()
    feed(masker.stream(), [text])
    // A quadratic rule takes minutes here; the bound is wide because the machine is shared.
    assert.ok(performance.now() - startMs < 10_000, unit)
  }
})
