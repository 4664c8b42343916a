import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ModelledChange } from '@sluice/changelog'
import { commandComment, resolveCommand } from './host-commands.ts'

const place = { file: 'db.xml', line: 3, column: 1 }

function change(attributes: Readonly<Record<string, string>>, args: readonly string[] = []): ModelledChange {
  const children = args.map((value) => ({ name: 'arg', attributes: { value }, children: [], place }))
  const node = { name: 'executeCommand', attributes: { executable: 'pg_dump', ...attributes }, children, place }
  return { type: 'modelled', name: 'executeCommand', node, file: undefined, place }
}

describe('commands of the host', () => {
  it('are refused unless they are allowed', () => {
    deepEqual(
      resolveCommand(change({}), 'refuse').diagnostics.map(({ code }) => code),
      ['CHANGE_COMMAND_REFUSED'],
    )
    deepEqual(resolveCommand(change({}), 'run').statement?.command, { executable: 'pg_dump', args: [], timeoutMs: 600_000 })
  })

  it('are told of where they are for another system, and shown in scripts all the same', () => {
    const other = change({ os: 'Amiga, Windows 95' })
    const resolved = resolveCommand(other, 'refuse')
    deepEqual([resolved.statement, resolved.diagnostics], [undefined, []])
    equal(resolved.message, 'The command "pg_dump" is for Amiga, Windows 95: not run on this host.')
    equal(resolveCommand(other, 'show').statement?.command?.executable, 'pg_dump')
  })

  it('keep their arguments apart, in a text that is a comment of one line', () => {
    const one = resolveCommand(change({}, ['-t', 'a b\n;drop']), 'run').statement
    deepEqual(one?.command?.args, ['-t', 'a b\n;drop'])
    equal(one?.sql, '-- executeCommand ["pg_dump","-t","a b\\n;drop"]')
    equal(one?.command && commandComment(one.command), 'pg_dump -t a b\n;drop;')
  })

  it('take times as Liquibase writes them', () => {
    const timeout = (text: string): number | undefined =>
      resolveCommand(change({ timeout: text }), 'run').statement?.command?.timeoutMs
    deepEqual(['5', '5s', ' 2 M ', '1h', '0', '99999h'].map(timeout), [5000, 5000, 120_000, 3_600_000, 600_000, 86_400_000])
    equal(resolveCommand(change({ timeout: 'soon' }), 'run').diagnostics[0]?.code, 'CHANGE_BAD_VALUE')
  })
})
