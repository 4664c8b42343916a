import type { AttemptHost } from './attempt-host.ts'

/** Where step groups can be placed, as the control plane calls it. */
export function executorsOf({ executor }: Pick<AttemptHost, 'executor'>): ('process' | 'kubernetes')[] {
  return executor.kind.split('+').includes('kubernetes') ? ['process', 'kubernetes'] : ['process']
}
