import { type Command, Option } from 'commander'
import { collect, parseCount } from './option-values.ts'
import type { Act } from './act.ts'

/** pipeline, execution, target. */
export function addExecutionCommands(program: Command, act: Act): void {
  const pipeline = program.command('pipeline').description('run pipelines')
  pipeline
    .command('run')
    .description('start a pipeline')
    .argument('<name>', 'identifier')
    .option('--input <name=value>', 'value of a pipeline variable (repeatable)', collect, [])
    .option('--wait', 'stay until it is over', false)
    .option('--follow', 'stay until it is over and show its logs', false)
    .option('--idempotency-key <key>', 'the same key starts nothing twice')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice pipeline run deploy --follow\n  $ sluice pipeline run deploy --input tag=v1.4 --wait --json',
    )
    .action(
      act(async (context, name: string, options: { input: string[]; wait: boolean; follow: boolean; idempotencyKey?: string }) =>
        (await import('./commands/pipeline.ts')).runPipeline(context, name, { ...options, inputs: options.input }),
      ),
    )

  const execution = program.command('execution').description('look at executions and steer them')
  execution
    .command('list')
    .description('executions, newest first')
    .option('--pipeline <name>', 'of one pipeline')
    .addOption(new Option('--state <state>', 'in one state').choices(['Running', 'Succeeded', 'Failed', 'Cancelled', 'Unknown']))
    .option('--limit <n>', 'most to list', parseCount, 20)
    .option('--all', 'of all projects', false)
    .addHelpText('after', '\nExample:\n  $ sluice execution list --state Unknown')
    .action(
      act(async (context, options: { pipeline?: string; state?: string; limit: number; all: boolean }) =>
        (await import('./commands/execution.ts')).listExecutions(context, options),
      ),
    )
  execution
    .command('show')
    .description('one execution with its steps')
    .argument('<execution>', 'id')
    .option('--changesets', 'also what was applied to which instance', false)
    .option('--selection', 'also why its step groups wait for a delegate', false)
    .option('--events', 'also what clusters said about its pods', false)
    .addHelpText('after', '\nExample:\n  $ sluice execution show exe_… --changesets')
    .action(
      act(async (context, id: string, options: { changesets: boolean; selection: boolean; events: boolean }) =>
        (await import('./commands/execution.ts')).showExecution(context, id, options),
      ),
    )
  execution
    .command('logs')
    .description('masked logs of all steps, or of one')
    .argument('<execution>', 'id')
    .argument('[step]', 'step run id, path or identifier')
    .option('--follow', 'stay until the logs end', false)
    .addHelpText('after', '\nExample:\n  $ sluice execution logs exe_… apply --follow')
    .action(
      act(async (context, id: string, step: string | undefined, options: { follow: boolean }) =>
        (await import('./commands/execution.ts')).showLogs(context, id, step, options),
      ),
    )
  execution
    .command('cancel')
    .description('ask an execution to stop')
    .argument('<execution>', 'id')
    .option('--reason <text>', 'why, for the record')
    .addHelpText('after', '\nExample:\n  $ sluice execution cancel exe_… --reason "wrong branch"')
    .action(
      act(async (context, id: string, options: { reason?: string }) =>
        (await import('./commands/execution.ts')).cancelExecution(context, id, options),
      ),
    )
  execution
    .command('resolve')
    .description('say what became of a step whose outcome is Unknown; frees its target')
    .argument('<execution>', 'id')
    .argument('<step>', 'step run id, path or identifier')
    .addOption(
      new Option('--as <outcome>', 'what happened').choices(['succeeded', 'failed', 'not-started']).makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'how you know, for the record')
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice execution resolve exe_… apply --as succeeded --reason "all 3 changesets are in the history"',
    )
    .action(
      act(async (context, id: string, step: string, options: { as: string; reason: string }) =>
        (await import('./commands/execution.ts')).resolveStep(context, id, step, options),
      ),
    )

  const target = program.command('target').description('target databases')
  target
    .command('list')
    .description('which database is free, busy or blocked, and by what')
    .addOption(new Option('--state <state>', 'in one state').choices(['free', 'busy', 'blocked']))
    .addHelpText('after', '\nExample:\n  $ sluice target list --state blocked')
    .action(
      act(async (context, options: { state?: string }) => (await import('./commands/target.ts')).listTargets(context, options)),
    )
}
