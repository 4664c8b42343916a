import type { Command } from 'commander'
import { collect, parseCount } from './option-values.ts'
import type { Act } from './act.ts'

/** login, apply, get, delete, secret. */
export function addEntityCommands(program: Command, act: Act): void {
  program
    .command('login')
    .description('keep a server and an API key; the key comes from stdin, a file or a prompt')
    .option('--url <url>', 'address of the control plane')
    .option('--key-file <file>', 'file that holds the API key')
    .option('--web', 'print a link that opens the web UI once, with the login that is kept', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice login --url https://sluice.example.com\n  $ sluice login --url http://127.0.0.1:8400 --key-file .sluice/admin-key\n  $ sluice login --web',
    )
    .action(
      act(async (context, options: { url?: string; keyFile?: string; web: boolean }, command: Command) => {
        const { login, printLoginLink } = await import('./commands/login.ts')
        if (options.web) return printLoginLink(context)
        const { url } = options
        if (url === undefined) return command.error("error: required option '--url <url>' not specified")
        return login(context, { ...options, url })
      }),
    )

  program
    .command('apply')
    .description('bring connectors, secrets, DB schemas, DB instances and pipelines to what YAML files say')
    .requiredOption('-f, --file <path>', 'file or folder (repeatable)', collect, [])
    .option('--dry-run', 'show what would change, and change nothing', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice apply -f entities/ --dry-run\n  $ sluice apply -f connectors.yaml -f pipeline.yaml',
    )
    .action(
      act(async (context, options: { file: string[]; dryRun: boolean }) =>
        (await import('./commands/apply.ts')).apply(context, { files: options.file, dryRun: options.dryRun }),
      ),
    )

  program
    .command('get')
    .description('list entities of a kind, or show one as YAML')
    .argument('<kind>', 'organization, project, connector, secret, dbSchema, dbInstance or pipeline')
    .argument('[name]', 'identifier')
    .option('--at <level>', 'account, org or project, for kinds that live at several')
    .option('--limit <n>', 'most entities to list', parseCount, 100)
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice get connectors\n  $ sluice get pipeline deploy > deploy.yaml\n  $ sluice get secrets --at account --json',
    )
    .action(
      act(async (context, kind: string, name: string | undefined, options: { at?: string; limit: number }) =>
        (await import('./commands/get.ts')).get(context, kind, name, options),
      ),
    )

  program
    .command('delete')
    .description('delete an entity; no database is touched')
    .argument('<kind>', 'kind of the entity')
    .argument('<name>', 'identifier')
    .option('--at <level>', 'account, org or project, for kinds that live at several')
    .addHelpText('after', '\nExample:\n  $ sluice delete dbInstance orders_old')
    .action(
      act(async (context, kind: string, name: string, options: { at?: string }) =>
        (await import('./commands/delete.ts')).remove(context, kind, name, options),
      ),
    )
  addSecretCommands(program, act)
}

function addSecretCommands(program: Command, act: Act): void {
  const secret = program
    .command('secret')
    .description('secrets, sealed here to the delegates’ keys: the server never sees a value')
  secret
    .command('set')
    .description('seal a value and store it; it comes from stdin, a file or a hidden prompt')
    .argument('<name>', 'identifier')
    .option(
      '--for <connector|url>',
      'what it may be presented to (repeatable): a connector, a database URL, a Git or registry URL',
      collect,
      [],
    )
    .option('--any-target', 'let it be presented to any target of its scope', false)
    .option('--from-file <file>', 'read the value from a file')
    .option('--keep-newline', 'keep a newline at the end of the value', false)
    .option('--at <level>', 'account, org or project')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice secret set orders_password --for orders_db\n  $ pass show orders | sluice secret set orders_password --for jdbc:postgresql://db/orders',
    )
    .action(
      act(
        async (
          context,
          name: string,
          options: { for: string[]; anyTarget: boolean; fromFile?: string; keepNewline: boolean; at?: string },
        ) => (await import('./commands/secret.ts')).setSecret(context, name, options),
      ),
    )
  secret
    .command('list')
    .description('names, providers and versions; never values')
    .option('--at <level>', 'account, org or project')
    .option('--limit <n>', 'most secrets to list', parseCount, 100)
    .addHelpText('after', '\nExample:\n  $ sluice secret list')
    .action(
      act(async (context, options: { at?: string; limit: number }) =>
        (await import('./commands/secret.ts')).listSecrets(context, options),
      ),
    )
}
