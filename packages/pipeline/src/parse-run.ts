import { fieldTables } from './fields.ts'
import type { OutputVariable, RunSpec, StepShell, Template } from './model.ts'
import { parsePullPolicy, parseResources, parseWhole } from './parse-resources.ts'
import { capitalize, quote } from './report.ts'
import type { YamlMap, YamlNode } from './yaml-node.ts'
import type { Fields, YamlReader } from './yaml-reader.ts'

const shells: readonly StepShell[] = ['Sh', 'Bash', 'Python', 'Pwsh', 'Powershell']
/** Names that every POSIX shell takes for variables. */
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
const variablesMax = 100
/** Names that the step's own machinery uses. */
const reservedPattern = /^(?:SLUICE_|LD_PRELOAD$)/

/** The `spec` of a step of type `Run`. */
export function parseRunSpec(reader: YamlReader, map: YamlMap, what: string): RunSpec | undefined {
  const fields = reader.fields(map, fieldTables.run, `Run (${what})`)
  const commandNode = fields.get('command')
  const command = reader.template(commandNode, `"command" of ${what}`, 'allowed')
  const isEmpty = commandNode === undefined || (commandNode.kind === 'scalar' && commandNode.text.trim() === '')
  if (isEmpty) {
    reader.report.error('PIPELINE_MISSING_FIELD', `${capitalize(what)} needs "command".`, commandNode?.place ?? map.place)
  }
  const shellNode = fields.get('shell')
  const shell = shellNode === undefined ? 'Sh' : reader.choice(shellNode, `The shell of ${what}`, shells)
  const optional = (name: 'connectorRef' | 'image'): Partial<Record<typeof name, Template>> => {
    const template = reader.template(fields.get(name), `"${name}" of ${what}`)
    return template === undefined || template.length === 0 ? {} : { [name]: template }
  }
  const resources = parseResources(reader, fields.get('resources'), what)
  const imagePullPolicy = parsePullPolicy(reader, fields.get('imagePullPolicy'), what)
  const runAsUser = parseWhole(reader, fields.get('runAsUser'), `"runAsUser" of ${what}`)
  const privileged = reader.boolean(fields.get('privileged'), `"privileged" of ${what}`)
  const rest = {
    ...optional('connectorRef'),
    ...optional('image'),
    envVariables: parseEnvironment(reader, fields.get('envVariables'), what),
    outputVariables: parseOutputs(reader, fields, shell, what),
    ...(resources === undefined ? {} : { resources }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(privileged === undefined ? {} : { privileged }),
  }
  if (command === undefined || isEmpty || shell === undefined) return undefined
  return { type: 'Run', shell, command, ...rest }
}

function parseEnvironment(reader: YamlReader, node: YamlNode | undefined, what: string): RunSpec['envVariables'] {
  const map = node?.kind === 'scalar' && node.value === null ? undefined : reader.map(node, `"envVariables" of ${what}`)
  const entries = map?.entries ?? []
  if (entries.length > variablesMax) {
    reader.report.error(
      'PIPELINE_TOO_LARGE',
      `${capitalize(what)} has more than ${variablesMax} environment variables.`,
      node?.place,
    )
    return []
  }
  return entries.flatMap(({ key, keyPlace, value }) => {
    if (!variablePattern.test(key) || reservedPattern.test(key)) {
      const hint = reservedPattern.test(key) ? 'Choose another name: this one is reserved.' : 'Use letters, digits and _.'
      reader.report.error('PIPELINE_VALUE', `${quote(key)} of ${what} cannot be an environment variable.`, keyPlace, hint)
      return []
    }
    const template = reader.template(value, `${quote(key)} of ${what}`, 'allowed')
    return [{ name: key, value: template ?? [] }]
  })
}

function parseOutputs(reader: YamlReader, fields: Fields, shell: StepShell | undefined, what: string): OutputVariable[] {
  const node = fields.get('outputVariables')
  const items = reader.list(node, `"outputVariables" of ${what}`)?.items ?? []
  if (items.length > variablesMax) {
    reader.report.error('PIPELINE_TOO_LARGE', `${capitalize(what)} has more than ${variablesMax} output variables.`, node?.place)
    return []
  }
  const outputs: OutputVariable[] = []
  for (const item of items) {
    const map = reader.map(item, `An output variable of ${what}`)
    if (map === undefined) continue
    const own = reader.fields(map, fieldTables.outputVariable, 'an output variable')
    const name = reader.plainText(own.get('name'), `The name of an output variable of ${what}`)
    const typeNode = own.get('type')
    const type =
      typeNode === undefined
        ? 'String'
        : reader.choice(typeNode, `The type of an output variable of ${what}`, ['String', 'Secret'] as const)
    const valueNode = own.get('value')
    const variable = reader.plainText(valueNode, `The value of an output variable of ${what}`) ?? ''
    if (name === undefined || !variablePattern.test(name)) {
      const message = `${capitalize(what)} has an output variable without a name that a shell would take.`
      reader.report.error('PIPELINE_VALUE', message, own.get('name')?.place ?? map.place, 'Use letters, digits and _.')
      continue
    }
    if (variable !== '' && !variablePattern.test(variable)) {
      const hint = 'Write the name of the shell variable, without $.'
      reader.report.error(
        'PIPELINE_VALUE',
        `The output ${quote(name)} of ${what} cannot come from ${quote(variable)}.`,
        valueNode?.place,
        hint,
      )
      continue
    }
    if (outputs.some((output) => output.name === name)) {
      reader.report.error('PIPELINE_DUPLICATE', `The output ${quote(name)} of ${what} is declared twice.`, map.place)
      continue
    }
    if (type !== undefined) outputs.push({ name, type, variable: variable === '' ? name : variable })
  }
  if (outputs.length > 0 && (shell === 'Pwsh' || shell === 'Powershell')) {
    const hint = 'Write NAME=value lines to the file that $SLUICE_OUTPUT names, or use Sh, Bash or Python.'
    reader.report.note(
      'PIPELINE_OUTPUT_FILE',
      `Outputs of ${what} come only from the file that SLUICE_OUTPUT names.`,
      node?.place,
      hint,
    )
  }
  return outputs
}
