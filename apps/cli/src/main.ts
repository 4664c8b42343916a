import { endWithReader } from './end-with-reader.ts'
import { cliVersion } from './version.ts'

// `--version` answers before anything else is loaded: scripts call it to see whether the command is there.
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(`sluice ${cliVersion}\n`)
} else {
  endWithReader()
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(process.argv.slice(2))
}
