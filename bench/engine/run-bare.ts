import { readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { openTempDir } from '@sluice/testkit'
import { runWatched } from '../support/run-watched.ts'
import type { BareCommits } from './bare-commits.ts'

/** One run of the commit floor. */
export interface BareRun {
  /** Of its process from start to end, as everybody's time is taken. */
  readonly wallMs: number
  /** Of the loop alone, in a process that has just started. */
  readonly loopMs: number
}

/** Runs the commit floor as a process of its own, as plain JavaScript: nobody else's start includes taking types away. */
export async function runBare(work: BareCommits): Promise<BareRun> {
  await using temp = await openTempDir()
  const script = join(temp.path, 'bare-commits.mjs')
  writeFileSync(script, stripTypeScriptTypes(readFileSync(new URL('bare-commits.ts', import.meta.url), 'utf8')))
  const file = join(temp.path, 'work.json')
  writeFileSync(file, JSON.stringify(work), { mode: 0o600 })
  const { wallMs, stdout } = await runWatched(process.execPath, [script, file], {})
  return { wallMs, loopMs: Number(stdout) }
}
