import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkoutDir } from '../support/app-entries.ts'
import { type FaultLab, faultTimeScale, openFaultLab } from './fault-lab.ts'
import { type FaultKind, faultKinds, type RoundResult, runFaultRound } from './fault-round.ts'

// npm run test:faults -- --rounds 300            all rounds; those already in the file are not repeated
// npm run test:faults -- --seed 17 [--kind runner]   one round again, as it was
// npm run test:faults -- --rounds 5 --real       at the real durations

interface Arguments {
  readonly rounds: number
  readonly from: number
  readonly seed: number | undefined
  readonly kind: FaultKind | undefined
  readonly real: boolean
  readonly file: string
}

function readArguments(argv: readonly string[]): Arguments {
  const value = (name: string): string | undefined => {
    const at = argv.indexOf(`--${name}`)
    return at < 0 ? undefined : argv[at + 1]
  }
  const kind = value('kind') as FaultKind | undefined
  if (kind !== undefined && !faultKinds.includes(kind)) throw new Error(`There is no kind "${kind}": ${faultKinds.join(', ')}.`)
  return {
    rounds: Number(value('rounds') ?? '20'),
    from: Number(value('from') ?? '1'),
    seed: value('seed') === undefined ? undefined : Number(value('seed')),
    kind,
    real: argv.includes('--real'),
    file: value('file') ?? join(checkoutDir, '.sluice/faults', `rounds${argv.includes('--real') ? '-real' : ''}.jsonl`),
  }
}

function readDone(file: string): Map<number, RoundResult> {
  if (!existsSync(file)) return new Map()
  const results = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RoundResult)
  return new Map(results.map((result) => [result.seed, result]))
}

/** A lab is made anew after this many rounds: its databases pile up. */
const roundsPerLab = 50

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2))
  mkdirSync(dirname(args.file), { recursive: true })
  const done = args.seed === undefined ? readDone(args.file) : new Map<number, RoundResult>()
  const seeds =
    args.seed === undefined
      ? Array.from({ length: args.rounds }, (_, index) => args.from + index).filter((seed) => !done.has(seed))
      : [args.seed]
  if (done.size > 0) console.log(`${String(done.size)} rounds are in ${args.file} already; ${String(seeds.length)} to go.`)
  let lab: FaultLab | undefined
  try {
    for (const [index, seed] of seeds.entries()) {
      if (index % roundsPerLab === 0) {
        await lab?.[Symbol.asyncDispose]()
        lab = await openFaultLab(seed, args.real ? 1 : faultTimeScale)
        await lab.sluice.startDelegate({ serverUrl: lab.proxy.url })
      }
      if (lab === undefined) return 1
      const result = await runFaultRound(lab, seed, args.kind)
      done.set(seed, result)
      if (args.seed === undefined) appendFileSync(args.file, `${JSON.stringify(result)}\n`)
      console.log(
        `${String(seed).padStart(4)} ${result.kind.padEnd(18)} at ${String(result.atMs).padStart(4)} ms  ${result.outcome.padEnd(10)} ${result.resolvedAs ?? ''} ${result.findings.length === 0 ? 'ok' : `FOUND: ${result.findings.join('; ')}`} (${(result.durationMs / 1000).toFixed(1)} s)`,
      )
    }
  } finally {
    await lab?.[Symbol.asyncDispose]()
  }
  const bad = [...done.values()].filter(({ findings }) => findings.length > 0)
  console.log(summaryOf([...done.values()]))
  if (bad.length > 0) console.log(`Repeat one with: npm run test:faults -- --seed ${String(bad[0]?.seed)}`)
  return bad.length === 0 ? 0 : 1
}

/** A table of what was killed and how the executions ended. */
function summaryOf(results: readonly RoundResult[]): string {
  const lines = ['', '| killed | rounds | succeeded | failed | unknown | findings |', '| --- | --- | --- | --- | --- | --- |']
  for (const kind of [...faultKinds, 'all'] as const) {
    const these = kind === 'all' ? results : results.filter((result) => result.kind === kind)
    if (these.length === 0) continue
    const count = (outcome: string): number => these.filter((result) => result.outcome === outcome).length
    lines.push(
      `| ${kind} | ${String(these.length)} | ${String(count('Succeeded'))} | ${String(count('Failed'))} | ${String(count('Unknown'))} | ${String(these.filter(({ findings }) => findings.length > 0).length)} |`,
    )
  }
  return lines.join('\n')
}

process.exitCode = await main()
process.exit()
