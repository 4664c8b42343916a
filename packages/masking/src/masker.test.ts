import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '@sluice/base'
import fc from 'fast-check'
import { createAutomaton } from './automaton.ts'
import { createMasker, defaultReplacement, encodingsOf, needlesBytesMax, partialBytesMin } from './index.ts'
import type { MaskStream } from './index.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const stars = defaultReplacement

function feed(stream: MaskStream, chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...chunks.map((chunk) => stream.push(chunk)), stream.end()])
}

function splitAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts.toSorted((left, right) => left - right), bytes.length]
  return edges.slice(1).map((to, index) => bytes.subarray(edges[index], to))
}

/** What masking means, spelt out slowly: the union of all occurrences, each run of it replaced once. */
function maskSlowly(text: Buffer, needles: readonly Uint8Array[]): Buffer {
  const hidden = new Uint8Array(text.length + 1)
  const starts = new Uint8Array(text.length + 1)
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) hidden.fill(1, at, at + needle.length)
  }
  for (let length = Math.min(text.length, 100_000); length >= partialBytesMin; length--) {
    const tail = text.subarray(text.length - length)
    if (needles.some((needle) => needle.length > length && tail.equals(needle.subarray(0, length)))) {
      hidden.fill(1, text.length - length, text.length)
      break
    }
  }
  for (let at = 0; at < text.length; at++) if (hidden[at] === 1 && (at === 0 || hidden[at - 1] === 0)) starts[at] = 1
  const parts: Buffer[] = []
  for (let at = 0; at < text.length; at++) {
    if (starts[at] === 1) parts.push(Buffer.from(stars))
    if (hidden[at] === 0) parts.push(text.subarray(at, at + 1))
  }
  return Buffer.concat(parts)
}

const secret = `p&ss'w"rd/<é+ü> \\=}x`
const encodings = encodingsOf(secret)

void test('a secret in a text is replaced and the rest is untouched', () => {
  const masker = createMasker([{ name: 'db', value: 'correct-horse' }])
  assert.equal(masker.maskText('password correct-horse is right'), `password ${stars} is right`)
  assert.equal(masker.maskText('nothing here'), 'nothing here')
  assert.equal(masker.maskText(''), '')
})

void test('no way of cutting a text in two lets a secret through', () => {
  const masker = createMasker([{ name: 'db', value: secret }])
  const text = Buffer.from(encodings.map((needle) => `a${Buffer.from(needle).toString()}b`).join('\n'))
  const expected = maskSlowly(text, encodings).toString()
  assert.equal(expected, encodings.map(() => `a${stars}b`).join('\n'))
  for (let cut = 0; cut <= text.length; cut++) {
    assert.equal(feed(masker.stream(), [text.subarray(0, cut), text.subarray(cut)]).toString(), expected, `cut at ${cut}`)
  }
})

void test('byte by byte is the same as at once', () => {
  const masker = createMasker([{ name: 'db', value: secret }])
  const text = Buffer.concat(encodings.flatMap((needle) => [Buffer.from('x'), needle, needle, needle.subarray(0, -1)]))
  const single = [...text].map((byte) => new Uint8Array([byte]))
  assert.deepEqual(feed(masker.stream(), single), maskSlowly(text, encodings))
  assert.deepEqual(feed(masker.stream(), [text]), maskSlowly(text, encodings))
})

void test('random texts of a small alphabet, cut anywhere, are masked as the definition says', () => {
  const letters = fc.constantFrom('a', 'b', 'c')
  const word = fc.string({ unit: letters, minLength: 6, maxLength: 14 })
  const property = fc.property(
    fc.array(word, { minLength: 1, maxLength: 4 }),
    fc.array(fc.oneof(fc.string({ unit: letters, maxLength: 20 }), fc.nat({ max: 3 })), { maxLength: 12 }),
    fc.array(fc.nat({ max: 200 }), { maxLength: 6 }),
    (words, pieces, cuts) => {
      const text = Buffer.from(pieces.map((piece) => (typeof piece === 'number' ? (words[piece] ?? '') : piece)).join(''))
      const needles = words.flatMap((value) => encodingsOf(value))
      const masker = createMasker(words.map((value, index) => ({ name: `s${index}`, value })))
      const chunks = splitAt(
        text,
        cuts.map((cut) => cut % (text.length + 1)),
      )
      assert.equal(feed(masker.stream(), chunks).toString(), maskSlowly(text, needles).toString())
    },
  )
  fc.assert(property, { numRuns: 1500 })
})

void test('random bytes with needles embedded leak nothing and lose nothing', () => {
  const property = fc.property(
    fc.array(fc.uint8Array({ minLength: 6, maxLength: 40 }), { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.uint8Array({ maxLength: 30 }), fc.nat(), fc.nat()), { maxLength: 10 }),
    fc.array(fc.nat({ max: 1000 }), { maxLength: 5 }),
    (values, pieces, cuts) => {
      const needles = values.map((value) => encodingsOf(value))
      const text = Buffer.concat(
        pieces.flatMap(([noise, value, encoding]) => {
          const family = needles[value % needles.length] ?? []
          return [noise, family[encoding % Math.max(1, family.length)] ?? noise]
        }),
      )
      const masker = createMasker(values.map((value, index) => ({ name: `s${index}`, value })))
      const chunks = splitAt(
        text,
        cuts.map((cut) => cut % (text.length + 1)),
      )
      const output = feed(masker.stream(), chunks)
      assert.deepEqual(output, maskSlowly(text, needles.flat()))
      for (const needle of needles.flat())
        assert.ok(needle.every((byte) => byte === 0x2a) || !output.includes(Buffer.from(needle)))
    },
  )
  fc.assert(property, { numRuns: 400 })
})

void test('the beginning of a secret is held back until it is certain', () => {
  const stream = createMasker([{ name: 'db', value: 'correct-horse' }]).stream()
  assert.equal(Buffer.from(stream.push(bytesOf('say correct-h'))).toString(), 'say ')
  assert.equal(stream.push(new Uint8Array()).length, 0, 'idleness releases nothing')
  assert.equal(Buffer.from(stream.push(bytesOf('at'))).toString(), 'correct-hat')
  assert.equal(stream.end().length, 0)
})

void test('at the end a beginning of 8 bytes is masked and a shorter one is shown', () => {
  const masker = createMasker([{ name: 'db', value: 'correct-horse' }])
  assert.equal(masker.maskText('say correct-'), `say ${stars}`)
  assert.equal(masker.maskText('say correct'), 'say correct')
})

void test('overlapping and touching secrets become one replacement', () => {
  const masker = createMasker([
    { name: 'a', value: 'abcdefgh' },
    { name: 'b', value: 'efghijkl' },
  ])
  assert.equal(masker.maskText('-abcdefghijkl-'), `-${stars}-`)
  assert.equal(masker.maskText('-abcdefghabcdefgh-'), `-${stars}-`)
  assert.equal(masker.maskText('-abcdefgh-efghijkl-'), `-${stars}-${stars}-`)
})

void test('a shorter secret inside the unfinished longer one is masked', () => {
  const masker = createMasker([
    { name: 'long', value: 'xx-secret-yy' },
    { name: 'short', value: 'secret' },
  ])
  assert.equal(masker.maskText('xx-secret-y!'), `xx-${stars}-y!`)
})

void test('a stream can be used again after its end, and streams of one masker do not mix', () => {
  const masker = createMasker([{ name: 'db', value: 'correct-horse' }])
  const [first, second] = [masker.stream(), masker.stream()]
  first.push(bytesOf('correct-'))
  assert.equal(feed(second, [bytesOf('horse')]).toString(), 'horse')
  assert.equal(feed(first, [bytesOf('horse.')]).toString(), `${stars}.`)
  assert.equal(feed(first, [bytesOf('horse.')]).toString(), 'horse.')
})

void test('what comes out does not change when the caller reuses its buffer', () => {
  const stream = createMasker([{ name: 'db', value: 'correct-horse' }]).stream()
  const buffer = bytesOf('plain text')
  const output = stream.push(buffer)
  buffer.fill(0)
  assert.equal(Buffer.from(output).toString(), 'plain text')
})

void test('short and blank values are reported by name and change nothing', () => {
  const masker = createMasker([
    { name: 'pin', value: '1234' },
    { name: 'blank', value: '        ' },
    { name: 'empty', value: '' },
    { name: 'good', value: 'correct-horse' },
  ])
  assert.equal(masker.maskText('1234         1234'), '1234         1234')
  assert.deepEqual(
    masker.warnings.map((warning) => [warning.code, /"(\w+)"/.exec(warning.message)?.[1]]),
    [
      ['SECRET_TOO_SHORT_TO_MASK', 'pin'],
      ['SECRET_TOO_SHORT_TO_MASK', 'blank'],
    ],
  )
  assert.ok(masker.warnings.every((warning) => !warning.message.includes('1234')))
})

void test('a masker without values passes everything', () => {
  const bytes = new Uint8Array([0, 255, 10, 13])
  assert.deepEqual(feed(createMasker([]), [bytes]), Buffer.from(bytes))
})

void test('bytes that are no text pass unchanged around a secret', () => {
  const noise = Buffer.from([0xff, 0xfe, 0x00, 0xc3])
  const output = feed(createMasker([{ name: 'db', value: 'correct-horse' }]), [
    Buffer.concat([noise, Buffer.from('correct-horse'), noise]),
  ])
  assert.deepEqual(output, Buffer.concat([noise, Buffer.from(stars), noise]))
})

void test('a long multi-line secret is masked as a whole, by line and when cut off', () => {
  const body = Array.from({ length: 40 }, (_, index) => Buffer.from(`line ${index} of the key material`).toString('base64'))
  const key = `-----BEGIN PRIVATE KEY-----\n${body.join('\n')}\n-----END PRIVATE KEY-----\n`
  const masker = createMasker([{ name: 'key', value: key }])
  assert.equal(masker.maskText(`<${key}>`), `<${stars}>`)
  for (const line of body) assert.equal(masker.maskText(`ERROR ${line}!`), `ERROR ${stars}!`)
  assert.equal(masker.maskText(`cut off: ${key.slice(0, 300)}`), `cut off: ${stars}`)
})

void test('repetitive secrets and texts take linear time', () => {
  const value = 'a'.repeat(20_000)
  const masker = createMasker([{ name: 'a', value }])
  const text = Buffer.from(`${'a'.repeat(19_999)}b`.repeat(50))
  assert.ok(feed(masker.stream(), [text]).equals(text))
  assert.equal(feed(masker.stream(), [text, Buffer.from(value)]).toString(), `${text.toString()}${stars}`)
})

void test('more needles than the limit are refused with the sizes', () => {
  assert.throws(
    () => createAutomaton([new Uint8Array(needlesBytesMax), new Uint8Array(1)]),
    (error) =>
      error instanceof AppError &&
      error.code === 'MASKING_TOO_MUCH' &&
      error.message.includes(String(needlesBytesMax)) &&
      error.message.includes(String(needlesBytesMax + 1)),
  )
})

void test('maskText keeps what is not ASCII', () => {
  const masker = createMasker([{ name: 'db', value: 'pässwörd' }])
  assert.equal(masker.maskText('über pässwörd 漢字 🙂'), `über ${stars} 漢字 🙂`)
  assert.equal(masker.maskText('\ufeffpässwörd'), `\ufeff${stars}`)
})
