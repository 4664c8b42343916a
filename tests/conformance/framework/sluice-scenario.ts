import { runLiquibase } from '../../../apps/cli/src/liquibase/run-liquibase.ts'
import type { OracleAnswer } from '../oracle.ts'

/** `sluice liquibase` in this process. */
export async function runSluice(args: readonly string[]): Promise<OracleAnswer> {
  let stdout = ''
  let stderr = ''
  const streams = {
    out: (text: string) => {
      stdout += text
    },
    err: (text: string) => {
      stderr += text
    },
  }
  const exitCode = await runLiquibase(args, {}, streams, new AbortController().signal)
  return { exitCode, stdout, stderr }
}
