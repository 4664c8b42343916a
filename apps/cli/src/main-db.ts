import { endWithReader } from './end-with-reader.ts'
import { addDatabaseCommands, findDatabaseGroup } from './program-db.ts'
import { processStreams, runCommandLine } from './run-command-line.ts'

// `sluice db …` in a bundle of its own: without the rest of the program the engine is in fewer files, and each costs a start a millisecond.
endWithReader()
const argv = process.argv.slice(2)
process.exitCode = await runCommandLine(
  argv,
  (program, act) => addDatabaseCommands(program, act, findDatabaseGroup(argv)),
  process.env,
  processStreams,
)
