import { type Command, Option } from 'commander'
import { parseAmount, parseCount } from './option-values.ts'
import type { Act } from './act.ts'
import type { DelegateDoctorOptions } from './commands/delegate-doctor-settings.ts'

/** server, delegate, doctor. */
export function addDelegateCommands(program: Command, act: Act): void {
  const server = program.command('server').description('the control plane')
  server
    .command('start')
    .description('run the control plane here; settings come from SLUICE_* variables (docs/env.md)')
    .option('--port <port>', 'port to listen on', parseCount)
    .option('--data <dir>', 'data folder')
    .addHelpText('after', '\nExample:\n  $ SLUICE_DATABASE_URL=postgres://… sluice server start --port 8400')
    .action(
      act(async (context, options: { port?: number; data?: string }) =>
        (await import('./commands/start-app.ts')).startApp('server', {
          ...context.env,
          ...(options.port === undefined ? {} : { SLUICE_PORT: String(options.port) }),
          ...(options.data === undefined ? {} : { SLUICE_DATA_DIR: options.data }),
        }),
      ),
    )

  const delegate = program.command('delegate').description('delegates: what runs in the network of the databases')
  delegate
    .command('start')
    .description('run a delegate here; the enrolment token comes from SLUICE_DELEGATE_TOKEN or a file, and is needed once')
    .option('--server <url>', 'address of the control plane')
    .option('--name <name>', 'its name')
    .option('--tags <tags>', 'comma-separated tags that selectors can ask for')
    .option('--dir <dir>', 'data folder')
    .option('--policy <file>', 'policy file')
    .option('--token-file <file>', 'file that holds the enrolment token')
    .addHelpText(
      'after',
      '\nExample:\n  $ SLUICE_DELEGATE_TOKEN=… sluice delegate start --server https://sluice.example.com --name dc1 --tags prod',
    )
    .action(
      act(async (context, options: Record<string, string | undefined>) => {
        const variables: Record<string, string> = {
          server: 'SLUICE_SERVER_URL',
          name: 'SLUICE_DELEGATE_NAME',
          tags: 'SLUICE_DELEGATE_TAGS',
          dir: 'SLUICE_DELEGATE_DIR',
          policy: 'SLUICE_DELEGATE_POLICY',
          tokenFile: 'SLUICE_DELEGATE_TOKEN_FILE',
        }
        const given = Object.entries(variables).flatMap(([option, variable]) =>
          options[option] === undefined ? [] : [[variable, options[option]]],
        )
        return (await import('./commands/start-app.ts')).startApp('delegate', { ...context.env, ...Object.fromEntries(given) })
      }),
    )
  delegate
    .command('list')
    .description('delegates with their health, tags and key fingerprints')
    .addHelpText('after', '\nExample:\n  $ sluice delegate list')
    .action(act(async (context) => (await import('./commands/delegate.ts')).listDelegates(context)))
  delegate
    .command('token')
    .description('make an enrolment token; it is shown once')
    .option('--hours <n>', 'hours until it stops working', parseAmount, 24)
    .option('--uses <n>', 'how many delegates may enrol with it', parseCount, 1)
    .option('--approve', 'let what enrols with it receive sealed secrets at once', false)
    .addOption(
      new Option('--at <level>', 'what the delegate may work for').choices(['account', 'org', 'project']).default('account'),
    )
    .addHelpText('after', '\nExample:\n  $ sluice delegate token --hours 1')
    .action(
      act(async (context, options: { hours: number; uses: number; approve: boolean; at: string }) =>
        (await import('./commands/delegate.ts')).createDelegateToken(context, options),
      ),
    )
  delegate
    .command('fingerprint')
    .description('print the fingerprint of a delegate’s sealing key, on its own host')
    .option('--dir <dir>', 'its data folder (default: $SLUICE_DELEGATE_DIR, else .sluice/delegate)')
    .addHelpText('after', '\nExample:\n  $ sluice delegate fingerprint --dir /var/lib/sluice')
    .action(
      act(async (context, options: { dir?: string }) =>
        (await import('./commands/delegate-fingerprint.ts')).printFingerprint(context, options),
      ),
    )
  addDelegateDoctorCommand(delegate, act)
  const changes = [
    ['approve', 'let secrets be sealed to a delegate; compare its fingerprint first', { approved: true }],
    ['revoke', 'take a delegate’s access away for good', { revoked: true }],
    ['drain', 'give a delegate no new work', { draining: true }],
    ['undrain', 'give a drained delegate work again', { draining: false }],
  ] as const
  for (const [name, description, change] of changes) {
    delegate
      .command(name)
      .description(description)
      .argument('<delegate>', 'name or id')
      .addHelpText('after', `\nExample:\n  $ sluice delegate ${name} dc1`)
      .action(
        act(async (context, which: string) => (await import('./commands/delegate.ts')).updateDelegate(context, which, change)),
      )
  }
  addDoctorCommand(program, act)
}

function addDelegateDoctorCommand(delegate: Command, act: Act): void {
  delegate
    .command('doctor')
    .description('check the cluster as a delegate sees it: rights, namespaces, image, relay; exit code 3 when something is wrong')
    .option('--namespaces <names>', 'namespaces of step groups (default: $SLUICE_DELEGATE_NAMESPACES)')
    .option('--kubeconfig <file>', 'the delegate’s kubeconfig (default: $SLUICE_KUBECONFIG, else its pod’s service account)')
    .option('--image <image>', 'image of runners (default: $SLUICE_DELEGATE_IMAGE)')
    .option('--relay-url <url>', 'where pods reach the relay (default: $SLUICE_DELEGATE_RELAY_URL)')
    .option('--no-pod', 'start no pod: check neither image nor relay')
    .option('--timeout <seconds>', 'how long a pod may take', parseCount, 120)
    .addHelpText(
      'after',
      '\nRun it where the delegate runs, with its settings:\n  $ kubectl -n sluice exec sluice-delegate-0 -- sluice delegate doctor',
    )
    .action(
      act(async (context, options: DelegateDoctorOptions) =>
        (await import('./commands/delegate-doctor.ts')).delegateDoctor(context, options),
      ),
    )
}

function addDoctorCommand(program: Command, act: Act): void {
  program
    .command('doctor')
    .description('check this machine, the server, its delegates and, with --url, a database')
    .option('--url <url>', 'also check this database')
    .option('--user <user>', 'its user')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice doctor\n  $ SLUICE_DB_PASSWORD=… sluice doctor --url jdbc:postgresql://db/orders --user migrator',
    )
    .action(
      act(async (context, options: { url?: string; user?: string }) =>
        (await import('./commands/doctor.ts')).doctor(context, options),
      ),
    )
}
