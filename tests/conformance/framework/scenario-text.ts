import type { ScenarioCase } from './model.ts'
import { changesetLines, listStatements } from './sql-text.ts'

/** The changelog that the commands of a scenario are given. */
export function rootOf(one: ScenarioCase): string {
  return 'root.yaml' in one.files ? 'root.yaml' : (Object.keys(one.files)[0] ?? 'root.yaml')
}

/** The words of a step; quotes keep blanks. */
export function splitWords(step: string): readonly string[] {
  return [...step.matchAll(/(?:[^\s"]+|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''))
}

/** What of a command's output is compared. */
export function readOutput(command: string, stdout: string, stderr: string): readonly string[] {
  if (command.endsWith('-sql')) return listStatements(stdout)
  if (command === 'status' || command === 'unexpected-changesets') return changesetLines(stdout)
  if (command === 'calculate-checksum') return [...stdout.matchAll(/\b9:[0-9a-f]{32}\b/g)].map(([text]) => text)
  if (command === 'tag-exists') return [/does not exist/.test(stdout + stderr) ? 'no' : 'yes']
  return []
}
