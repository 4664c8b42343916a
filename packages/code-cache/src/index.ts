export { kindsOfWork, noteKindOfWork } from './kinds-of-work.ts'
export type { Program } from './program.ts'
export { runBundle } from './run-bundle.ts'
