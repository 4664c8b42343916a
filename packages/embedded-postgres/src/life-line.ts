import { spawn } from 'node:child_process'

/**
 * Ties a server's life to ours: a shell waits on a pipe that only this process holds, and stops the server in order when the pipe
 * closes, which the kernel does however we end. Returns what cuts the tie.
 */
export function tieLife(pid: number): () => void {
  const child = spawn(
    '/bin/sh',
    ['-c', 'read -r line; [ "$line" = cut ] || kill -INT "$1"', 'sluice-postgres-lifeline', String(pid)],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    },
  )
  child.unref()
  // It may be gone before us; then there is nothing to write to.
  child.stdin.on('error', () => {})
  child.on('error', () => {})
  const { stdin } = child
  ;(stdin as unknown as { unref?: () => void }).unref?.()
  return () => {
    stdin.end('cut\n')
  }
}
