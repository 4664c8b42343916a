import { type Command, Option } from 'commander'
import type { Act } from './act.ts'
import { parseCount } from './option-values.ts'

/** api-key list, create, revoke. */
export function addApiKeyCommands(program: Command, act: Act): void {
  const apiKey = program
    .command('api-key')
    .description('API keys: what people and scripts call the control plane with (needs a key with the role admin)')
  apiKey
    .command('list')
    .description('keys with their role, scope, expiry and last use; never the keys themselves')
    .option('--limit <n>', 'most keys to list', parseCount, 100)
    .addHelpText('after', '\nExample:\n  $ sluice api-key list')
    .action(
      act(async (context, options: { limit: number }) => (await import('./commands/api-key.ts')).listApiKeys(context, options)),
    )
  apiKey
    .command('create')
    .description('make a key; it is printed once, alone on stdout')
    .argument('<name>', 'what it is for; stands beside everything that is done with it')
    .addOption(
      new Option('--role <role>', 'what it may do; each includes those before it')
        .choices(['viewer', 'operator', 'editor', 'admin'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--at <level>', 'what it reaches: everything, the organization or the project')
        .choices(['account', 'org', 'project'])
        .default('project'),
    )
    .option('--days <n>', 'days until it expires, at most 3650 (default: never)', parseCount)
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice api-key create ci --role operator --days 90 > ci-key\n  $ sluice api-key create auditor --role viewer --at account\n  $ sluice api-key create shop-admin --role admin --org acme --project shop --json',
    )
    .action(
      act(async (context, name: string, options: { role: string; at: string; days?: number }) =>
        (await import('./commands/api-key.ts')).createApiKey(context, name, options),
      ),
    )
  apiKey
    .command('revoke')
    .description('end a key at once, with every session that was opened with it')
    .argument('<key>', 'id, or a name that no other key has')
    .addHelpText('after', '\nExample:\n  $ sluice api-key revoke ci')
    .action(act(async (context, which: string) => (await import('./commands/api-key.ts')).revokeApiKey(context, which)))
}
