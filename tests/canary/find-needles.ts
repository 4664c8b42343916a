import { encodingsOf, needleBytesMin } from '@sluice/masking'

/** Something that must not be found, under the name that a report may print. */
export interface Canary {
  readonly name: string
  readonly value: string
}

/** A canary found: never quotes it. */
export interface Hit {
  readonly canary: string
  readonly place: string
  readonly offset: number
}

/** Looks for many byte sequences in one pass. */
export interface NeedleSearch {
  /** At most `hitsMax` hits. */
  search(bytes: Uint8Array, place: string): readonly Hit[]
}

const hitsMax = 20

/**
 * Prepares a search for every encoding of every canary, and for the same texts as UTF-16, as JavaScript engines keep some of their strings.
 * Written apart from the masker, which it judges; only the list of encodings is shared.
 */
export function createNeedleSearch(canaries: readonly Canary[]): NeedleSearch {
  const needles = canaries.flatMap(({ name, value }) =>
    encodingsOf(value).flatMap((bytes) => {
      const narrow = Buffer.from(bytes)
      return [narrow, Buffer.from(narrow.toString('utf8'), 'utf16le')].map((needle) => ({ canary: name, needle }))
    }),
  )
  // Which two bytes any needle begins with: most of what is searched is passed over by one look into this small table.
  const beginnings = new Uint8Array(2 ** 16)
  const byBeginning = new Map<number, typeof needles>()
  for (const each of needles) {
    const key = each.needle.readUInt32BE(0)
    beginnings[each.needle.readUInt16BE(0)] = 1
    byBeginning.set(key, [...(byBeginning.get(key) ?? []), each])
  }
  return {
    search(input, place) {
      const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
      const hits: Hit[] = []
      const last = bytes.length - needleBytesMin
      let pair = 0
      for (let at = -1; at <= last && hits.length < hitsMax; at++) {
        pair = ((pair << 8) | (bytes[at + 1] ?? 0)) & 0xffff
        if (beginnings[pair] === 0 || at < 0) continue
        for (const { canary, needle } of byBeginning.get(bytes.readUInt32BE(at)) ?? []) {
          const end = at + needle.length
          if (end <= bytes.length && bytes.compare(needle, 0, needle.length, at, end) === 0)
            hits.push({ canary, place, offset: at })
        }
      }
      return hits
    },
  }
}
