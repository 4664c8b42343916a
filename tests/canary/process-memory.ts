import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Hit, NeedleSearch } from './find-needles.ts'

const pieceBytes = 8 * 1024 * 1024
/** Pieces overlap by this, so that nothing is missed at their edges; longer than any needle. */
const overlapBytes = 4096

export interface MemorySearch {
  readonly hits: readonly Hit[]
  readonly bytes: number
}

/**
 * Searches the memory of a running process as a core dump of it would hold it (Linux: /proc/PID/smaps and mem): everything but what is the
 * unchanged content of a file. Throws where the kernel does not let us.
 */
export async function searchProcessMemory(pid: number, search: NeedleSearch, place: string): Promise<MemorySearch> {
  const ranges = readFileSync(`/proc/${String(pid)}/smaps`, 'utf8')
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .flatMap((entry) => {
      const match = /^([0-9a-f]+)-([0-9a-f]+) r[^]*^Anonymous: +([1-9]\d*) kB$/m.exec(entry)
      return match === null ? [] : presentRanges(pid, Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16))
    })
  const memory = openSync(`/proc/${String(pid)}/mem`, 'r')
  const piece = Buffer.alloc(pieceBytes)
  const hits: Hit[] = []
  let bytes = 0
  try {
    for (const { start, end } of ranges) {
      for (let at = start; at < end; at += pieceBytes - overlapBytes) {
        const length = readPiece(memory, piece, at, Math.min(pieceBytes, end - at))
        bytes += length
        hits.push(...search.search(piece.subarray(0, length), `${place} at ${at.toString(16)}`))
        // Connections of this process have to be served meanwhile.
        await setImmediate()
      }
    }
  } finally {
    closeSync(memory)
  }
  return { hits, bytes }
}

const pageBytes = 4096

/** The parts of a mapping that memory was ever given to (or that were swapped out): most of what V8 reserves never is. */
function presentRanges(pid: number, start: number, end: number): { start: number; end: number }[] {
  const entries = Buffer.alloc(((end - start) / pageBytes) * 8)
  const pagemap = openSync(`/proc/${String(pid)}/pagemap`, 'r')
  try {
    readSync(pagemap, entries, 0, entries.length, (start / pageBytes) * 8)
  } finally {
    closeSync(pagemap)
  }
  const ranges: { start: number; end: number }[] = []
  for (let page = 0; page * 8 < entries.length; page++) {
    // Bit 63: present; bit 62: swapped out (https://docs.kernel.org/admin-guide/mm/pagemap.html).
    if ((entries.readUInt8(page * 8 + 7) & 0xc0) === 0) continue
    const at = start + page * pageBytes
    const last = ranges.at(-1)
    if (last?.end === at) last.end = at + pageBytes
    else ranges.push({ start: at, end: at + pageBytes })
  }
  return ranges
}

function readPiece(memory: number, piece: Buffer, at: number, length: number): number {
  try {
    return readSync(memory, piece, 0, length, at)
  } catch (error) {
    // EIO: reserved and never touched, or given back since the list was read. Nothing is there.
    if ((error as NodeJS.ErrnoException).code === 'EIO') return 0
    throw error
  }
}
