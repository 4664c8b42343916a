import { AppError } from '@sluice/base'

/**
 * Finds many byte sequences in one pass: Aho and Corasick, "Efficient string matching" (CACM 18, 1975). States are numbers, 0 is the
 * start. States that text really visits (near the start, and where needles branch) have a row with all 256 transitions; the long
 * unbranched rest, which is most of memory for large secrets, keeps a list of children and follows failure links.
 */
export interface Automaton {
  /** Row number of a state in `rows`, or -1. */
  readonly rowOf: Int32Array
  /** 256 target states per row. */
  readonly rows: Int32Array
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  /** The byte that leads to a state. */
  readonly byteOf: Uint8Array
  /** The state of the longest proper suffix that begins some needle. */
  readonly fail: Int32Array
  /** How many bytes of some needle have been read. */
  readonly depth: Int32Array
  /** Length of the longest needle that ends here; 0 for none. */
  readonly matchLength: Int32Array
}

/** All needles together, in bytes; about 25 bytes of memory each. */
export const needlesBytesMax = 8 * 1024 * 1024

// One row is 1 KiB: together they should stay in the processor's cache.
const rowsMax = 1024

/** Throws `MASKING_TOO_MUCH` when the needles together exceed `needlesBytesMax`. */
export function createAutomaton(needles: readonly Uint8Array[]): Automaton {
  const total = needles.reduce((sum, needle) => sum + needle.length, 0)
  if (total > needlesBytesMax) {
    throw new AppError(
      'limitExceeded',
      'MASKING_TOO_MUCH',
      `The secrets of this run have ${total} bytes in all their encodings; at most ${needlesBytesMax} can be masked.`,
      { hint: 'Give the step group fewer or smaller file secrets.' },
    )
  }
  const trie = createTrie(needles, total + 1)
  return { ...trie, ...link(trie) }
}

type Trie = Omit<Automaton, 'rows' | 'rowOf' | 'fail'> & { readonly states: number }

function createTrie(needles: readonly Uint8Array[], capacity: number): Trie {
  const firstChild = new Int32Array(capacity)
  const nextSibling = new Int32Array(capacity)
  const byteOf = new Uint8Array(capacity)
  const depth = new Int32Array(capacity)
  const matchLength = new Int32Array(capacity)
  let states = 1
  for (const needle of needles) {
    let state = 0
    for (const byte of needle) {
      let child = firstChild[state] ?? 0
      while (child !== 0 && byteOf[child] !== byte) child = nextSibling[child] ?? 0
      if (child === 0) {
        child = states++
        byteOf[child] = byte
        depth[child] = (depth[state] ?? 0) + 1
        nextSibling[child] = firstChild[state] ?? 0
        firstChild[state] = child
      }
      state = child
    }
    matchLength[state] = needle.length
  }
  return { states, firstChild, nextSibling, byteOf, depth, matchLength }
}

/** Finds the failure links and makes the rows, state by state in order of depth; completes `matchLength`. */
function link(trie: Trie): Pick<Automaton, 'rows' | 'rowOf' | 'fail'> {
  const { states, firstChild, nextSibling, byteOf, depth, matchLength } = trie
  const fail = new Int32Array(states)
  const rowOf = new Int32Array(states).fill(-1)
  const rows = new Int32Array(rowsMax * 256)
  let rowCount = 0

  /** Where a byte leads from a state that is shallower than the one at hand, and so is complete. */
  const nextState = (from: number, byte: number): number => {
    for (let state = from; ; state = fail[state] ?? 0) {
      const row = rowOf[state] ?? -1
      if (row >= 0) return rows[row * 256 + byte] ?? 0
      let child = firstChild[state] ?? 0
      while (child !== 0 && byteOf[child] !== byte) child = nextSibling[child] ?? 0
      if (child !== 0) return child
    }
  }
  const makeRow = (state: number): void => {
    const row = rowCount++
    const suffix = fail[state] ?? 0
    if (state !== 0) for (let byte = 0; byte < 256; byte++) rows[row * 256 + byte] = nextState(suffix, byte)
    for (let child = firstChild[state] ?? 0; child !== 0; child = nextSibling[child] ?? 0)
      rows[row * 256 + (byteOf[child] ?? 0)] = child
    rowOf[state] = row
  }

  const order = new Int32Array(states)
  let filled = 1
  for (let index = 0; index < filled; index++) {
    const state = order[index] ?? 0
    const first = firstChild[state] ?? 0
    const branches = first !== 0 && nextSibling[first] !== 0
    if (rowCount < rowsMax && ((depth[state] ?? 0) <= 1 || branches)) makeRow(state)
    for (let child = first; child !== 0; child = nextSibling[child] ?? 0) {
      order[filled++] = child
      fail[child] = state === 0 ? 0 : nextState(fail[state] ?? 0, byteOf[child] ?? 0)
      if (matchLength[child] === 0) matchLength[child] = matchLength[fail[child] ?? 0] ?? 0
    }
  }
  return { rows: rows.slice(0, rowCount * 256), rowOf, fail }
}
