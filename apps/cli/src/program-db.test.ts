import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import type { Act } from './act.ts'
import { addDatabaseCommands, databaseGroups } from './program-db.ts'
import { runProgram } from './program.ts'

const act: Act = () => () => Promise.resolve()

function namesOf(command: Command): readonly string[] {
  return (command.commands[0]?.commands ?? []).flatMap((child) => [child.name(), ...child.aliases()])
}

test('a group names every command that it adds, and all groups together are all commands', () => {
  const all = new Command()
  addDatabaseCommands(all, act)
  for (const group of databaseGroups) {
    const alone = new Command()
    addDatabaseCommands(alone, act, group)
    assert.deepEqual(namesOf(alone), group.names)
  }
  assert.deepEqual(
    namesOf(all),
    databaseGroups.flatMap(({ names }) => names),
  )
})

test('a named command explains itself, an unknown one is compared with all', async () => {
  const run = async (...argv: string[]): Promise<string> => {
    let text = ''
    const collect = (more: string): void => void (text += more)
    await runProgram(argv, {}, { out: collect, err: collect, width: () => undefined })
    return text
  }
  assert.match(await run('db', 'status', '--help'), /what is pending[\s\S]*--changelog <file>/)
  assert.match(await run('db', 'rolback'), /Did you mean rollback\?/)
  assert.match(await run('--help'), /pipeline/)
})
