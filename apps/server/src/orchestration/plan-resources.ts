import type { StepResources } from '@sluice/pipeline'

const factors: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** What a Kubernetes quantity amounts to. */
export function quantityOf(text: string): number {
  const [, number = '', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? []
  return Number(number) * (factors[unit] ?? Number.NaN)
}

type Limits = StepResources['limits']

/** The largest of each, as it was written; undefined when nothing was. */
export function maxLimits(all: readonly (StepResources | undefined)[]): { limits: Limits } | undefined {
  const largest = (name: keyof Limits): Limits => {
    const texts = all.flatMap((resources) => resources?.limits[name] ?? [])
    const [first, ...rest] = texts
    if (first === undefined) return {}
    return { [name]: rest.reduce((best, text) => (quantityOf(text) > quantityOf(best) ? text : best), first) }
  }
  const limits = { ...largest('cpu'), ...largest('memory') }
  return Object.keys(limits).length === 0 ? undefined : { limits }
}
