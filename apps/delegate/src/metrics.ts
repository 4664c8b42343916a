import { version } from './version.ts'

/** Counts and gauges of a delegate, as `sluice_delegate_…`. */
export interface Metrics {
  add(name: CounterName, labels?: Readonly<Record<string, string>>, by?: number): void
  set(name: GaugeName, value: number): void
  /** The Prometheus text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  render(): string
}

const counters = {
  offers_total: 'Offers received.',
  declines_total: 'Offers declined, by reason.',
  attempts_ended_total: 'Attempts that ended here, by how.',
  orphans_removed_total: 'Places removed without the control plane having asked.',
  secret_resolve_seconds_sum: 'Time spent on resolving secrets.',
  secret_resolve_seconds_count: 'Tasks whose secrets were resolved.',
  place_seconds_sum: 'Time from accepting an offer until its runner was started, or its pod created.',
  place_seconds_count: 'Runners that were started.',
  call_failures_total: 'Calls to the control plane that failed, by loop.',
  relay_requests_total: 'Requests of runners, by answer.',
} as const
const gauges = {
  connected: 'Whether the last call to the control plane was answered.',
  tasks_running: 'Attempts that are here and have not ended.',
  capacity: 'Attempts that may run here at once.',
  last_poll_seconds: 'Length of the last poll.',
  last_heartbeat_rtt_seconds: 'Time that the last heartbeat took.',
  relay_requests_open: 'Requests of runners that wait for an answer.',
} as const
export type CounterName = keyof typeof counters
export type GaugeName = keyof typeof gauges

export function createMetrics(): Metrics {
  const counts = new Map<string, Map<string, number>>()
  const values = new Map<GaugeName, number>()
  return {
    add(name, labels = {}, by = 1) {
      const key = Object.entries(labels)
        .map(([label, text]) => `${label}="${text.replaceAll(/[\\"\n]/g, '_').slice(0, 64)}"`)
        .join(',')
      const series = counts.get(name) ?? new Map<string, number>()
      series.set(key, (series.get(key) ?? 0) + by)
      counts.set(name, series)
    },
    set(name, value) {
      values.set(name, value)
    },
    render() {
      const lines = [`# TYPE sluice_delegate_info gauge`, `sluice_delegate_info{version="${version}"} 1`]
      for (const [name, help] of Object.entries(gauges)) {
        const full = `sluice_delegate_${name}`
        lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} gauge`, `${full} ${values.get(name as GaugeName) ?? 0}`)
      }
      for (const [name, help] of Object.entries(counters)) {
        const full = `sluice_delegate_${name}`
        lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} counter`)
        const series = counts.get(name) ?? new Map([['', 0]])
        for (const [labels, value] of series) lines.push(`${full}${labels === '' ? '' : `{${labels}}`} ${value}`)
      }
      return `${lines.join('\n')}\n`
    },
  }
}
