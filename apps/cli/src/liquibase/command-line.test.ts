import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commands, findCommand } from './commands.ts'
import { parseCommandLine, type CommandLine } from './command-line.ts'

function parse(...argv: string[]): CommandLine {
  const parsed = parseCommandLine(argv)
  ok(parsed.ok, parsed.ok ? '' : parsed.error)
  return parsed.line
}

function errorOf(...argv: string[]): string {
  const parsed = parseCommandLine(argv)
  ok(!parsed.ok, argv.join(' '))
  return `${parsed.error} ${parsed.hint ?? ''}`
}

describe('parseCommandLine', () => {
  it('takes flags in front of the command and behind it, with = and without', () => {
    for (const argv of [
      ['--url=jdbc:x', '--changelog-file=a.sql', '--log-level=info', 'update', '--contexts=a,b'],
      ['update', '--url', 'jdbc:x', '--changelogFile', 'a.sql', '--logLevel', 'info', '--context-filter', 'a,b'],
      ['--URL=jdbc:x', '--liquibase-log-level=info', 'UPDATE', '--CHANGELOGFILE=a.sql', '--contexts=a,b'],
    ]) {
      const line = parse(...argv)
      equal(line.command?.spec.name, 'update')
      deepEqual(Object.fromEntries(line.arguments), { url: 'jdbc:x', changelogFile: 'a.sql', contextFilter: 'a,b' })
      deepEqual(Object.fromEntries(line.globals), { logLevel: 'info' })
    }
  })

  it('knows commands by every spelling, and repeats the one that was typed', () => {
    const shown = (typed: string): string | undefined => findCommand(typed)?.shownName
    equal(shown('updateSQL'), 'updateSql')
    equal(shown('update-sql'), 'update-sql')
    equal(shown('STATUS'), 'status')
    equal(shown('migrate'), 'migrate')
    equal(findCommand('migrate')?.spec.name, 'update')
    equal(shown('update_sql'), undefined)
  })

  it('takes the argument of Liquibase 3 without its flag, once', () => {
    equal(parse('rollbackCount', '2').arguments.get('count'), '2')
    equal(parse('tag', 'v1').arguments.get('tag'), 'v1')
    equal(parse('rollback-to-date', '2026-01-01 10:00:00').arguments.get('date'), '2026-01-01 10:00:00')
    match(errorOf('tag', 'a', 'b'), /Unexpected argument\(s\): b/)
    match(errorOf('status', 'extra'), /Unexpected/)
  })

  it('lets flags be without a value only where they are booleans', () => {
    const verbose = (...argv: string[]): string | undefined => parse('status', ...argv).arguments.get('verbose')
    equal(verbose('--verbose'), 'true')
    equal(verbose('--verbose', 'false'), 'false')
    equal(verbose('--verbose=FALSE'), 'FALSE')
    equal(verbose('--verbose', '--url=x'), 'true')
    match(errorOf('status', '--verbose=maybe'), /neither/)
    match(errorOf('update', '--contexts'), /Missing required parameter/)
    match(errorOf('--log-level', 'status'), /Expected parameter/)
    match(errorOf('rollback-count', '--count=x'), /whole number/)
  })

  it('lets what stands behind the command win, and refuses one flag twice', () => {
    equal(parse('--changelog-file=a', 'status', '--changelog-file=b').arguments.get('changelogFile'), 'b')
    match(errorOf('--changelog-file=a', '--changelogFile=b', 'status'), /only once/)
  })

  it('collects changelog parameters', () => {
    const line = parse('update', '-Da=1', '-Db.c=x=y', '--changelog-parameters=a=2,d=3')
    deepEqual(Object.fromEntries(line.parameters), { a: '1', 'b.c': 'x=y', d: '3' })
    match(errorOf('update', '-D=1'), /-D needs a name/)
  })

  it('offers what was meant, and passes over old globals that a command does not use', () => {
    match(errorOf('updat'), /Did you mean: liquibase update/)
    match(errorOf('update', '--changlog-file=x'), /Did you mean: --changelog-file/)
    match(errorOf('tag', '--verbose'), /Unexpected argument\(s\): --verbose/)
    equal(parse('--contexts=a', 'tag', 'v1').command?.spec.name, 'tag')
  })

  it('does not look at the flags of commands that are not here', () => {
    const line = parse('checks', 'run', '--checks-scope=database')
    match(line.command?.spec.missing?.why ?? '', /Liquibase Pro/)
  })

  it('has a spelling of its own for every command', () => {
    const names = commands.map(({ name }) => name.toLowerCase())
    equal(new Set(names).size, names.length)
  })

  it('never throws, and never repeats a value', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'update',
        'tag',
        'status',
        '--url',
        '--password',
        '--password=s3cr3t',
        '-D',
        '-Dp=s3cr3t',
        '--',
        '--=',
        '--verbose',
      ),
      fc.string({ maxLength: 12 }).map((text) => `--${text}=s3cr3t`),
      fc.string({ maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        const parsed = parseCommandLine(argv)
        if (!parsed.ok) equal(`${parsed.error}${parsed.hint ?? ''}`.includes('s3cr3t'), false, argv.join(' '))
      }),
      { numRuns: 2000 },
    )
  })
})
