import { readFileSync } from 'node:fs'

/** What Linux counts processor time in: 100 ticks a second on every platform that we run on (`getconf CLK_TCK`). */
const tickMs = 10

/**
 * Processor time that a process has used in user and system mode, with that of all children it has waited for (man 5 proc, `stat`, fields
 * 14 to 17), in milliseconds.
 */
export function readCpuMs(pid: number | 'self'): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  // The second field is the name in brackets, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs
}

/** Memory of a process that is in RAM, shared libraries included (`VmRSS`), in megabytes of 10^6 bytes. */
export function readResidentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]
  return (Number(kibibytes) * 1024) / 1e6
}

/** Processor time of the processes that this one started and has waited for, its own left out, in milliseconds. */
export function readChildrenCpuMs(): number {
  const text = readFileSync('/proc/self/stat', 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields.slice(13, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs
}

/** The most memory that a process has had in RAM so far (`VmHWM`), in megabytes of 10^6 bytes; 0 when it has ended. */
export function readPeakMegabytes(pid: number): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]
    return (Number(kibibytes ?? 0) * 1024) / 1e6
  } catch {
    return 0
  }
}
