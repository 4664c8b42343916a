import { cliVersion } from './version.ts'

// `--version` answers before anything else is loaded: scripts call it to see whether the command is there.
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(`sluice ${cliVersion}\n`)
} else {
  // `sluice … | head` closes our output early: that is its reader's choice, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(process.argv.slice(2))
}
