import type { RunTaskStep, StepShell } from '@sluice/contract'

/** Names of a step's outputs beside the shell variable that each comes from. */
export type OutputNames = RunTaskStep['outputVariables']

/** A text in single quotes, as a POSIX shell reads it back: byte for byte, whatever it holds but NUL. */
export function quoteForShell(value: Uint8Array): Buffer {
  const parts: Buffer[] = [Buffer.from(`'`)]
  let from = 0
  for (let index = 0; index < value.length; index++) {
    if (value[index] !== 0x27) continue
    parts.push(Buffer.from(value.subarray(from, index)), Buffer.from(`'\\''`))
    from = index + 1
  }
  parts.push(Buffer.from(value.subarray(from)), Buffer.from(`'`))
  return Buffer.concat(parts)
}

/** Lines `export NAME='value'` for the entry script to read. */
export function createEnvironmentFile(environment: ReadonlyMap<string, Uint8Array>): Buffer {
  return Buffer.concat(
    [...environment].flatMap(([name, value]) => [Buffer.from(`export ${name}=`), quoteForShell(value), Buffer.from('\n')]),
  )
}

/** `set -- 'program' 'argument' …` for the entry script to read. */
export function createArgvFile(argv: readonly string[]): Buffer {
  return Buffer.concat([
    Buffer.from('set --'),
    ...argv.flatMap((text) => [Buffer.from(' '), quoteForShell(Buffer.from(text))]),
    Buffer.from('\n'),
  ])
}

/** How the script file is called: what PowerShell runs has to end with `.ps1`. */
export function scriptFileName(shell: StepShell): string {
  return shell === 'Pwsh' || shell === 'Powershell' ? 'command.ps1' : 'command'
}

/** The program and arguments that run a script file. Shells stop at the first command that fails. */
export function scriptArgv(shell: StepShell, file: string): string[] {
  switch (shell) {
    case 'Sh':
      return ['sh', '-e', file]
    case 'Bash':
      return ['bash', '-e', file]
    case 'Python':
      return ['python3', file]
    case 'Pwsh':
      return ['pwsh', '-NonInteractive', '-NoProfile', '-File', file]
    case 'Powershell':
      return ['powershell', '-NonInteractive', '-NoProfile', '-File', file]
  }
}

/**
 * The user's script with what writes its output variables to files of `folder`, named by output: for shells when the script exits, however
 * it does, unless it sets an EXIT trap of its own; for Python when it reaches its end. It stands in one line, so that line numbers in
 * messages are off by one at most.
 */
export function wrapScript(shell: StepShell, script: Uint8Array, outputs: OutputNames, folder: string): Buffer {
  const body = Buffer.from(script)
  if (outputs.length === 0 || shell === 'Pwsh' || shell === 'Powershell') return body
  if (shell === 'Python') {
    const names = JSON.stringify(Object.fromEntries(outputs.map(({ name, variable }) => [name, variable])))
    const tail = `\nfor _n, _v in ${names}.items():\n    if _v in globals():\n        open(${JSON.stringify(`${folder}/`)} + _n, "w").write(str(globals()[_v]))\n`
    return Buffer.concat([body, Buffer.from(tail)])
  }
  const writes = outputs.map(
    ({ name, variable }) => `[ -z "\${${variable}+x}" ] || printf %s "$${variable}" >"${folder}/${name}" || :;`,
  )
  return Buffer.concat([Buffer.from(`__sluice_outputs() { ${writes.join(' ')} }; trap __sluice_outputs EXIT\n`), body])
}
