import { fieldTables } from './fields.ts'
import type { PullPolicy, StepResources } from './model.ts'
import { quote } from './report.ts'
import type { YamlNode } from './yaml-node.ts'
import type { YamlReader } from './yaml-reader.ts'

const cpuPattern = /^(?:[0-9]+m|[0-9]+(?:\.[0-9]+)?)$/
const memoryPattern = /^[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i?|k|m)?$/

/** `resources` of a step: limits only. */
export function parseResources(reader: YamlReader, node: YamlNode | undefined, what: string): StepResources | undefined {
  const map = reader.map(node, `"resources" of ${what}`)
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.resources, `"resources" of ${what}`)
  const limits = parseQuantities(reader, fields.get('limits'), 'limits', what)
  return limits === undefined ? undefined : { limits }
}

/** `resources` of a group's pod: limits and requests. */
export function parseGroupResources(reader: YamlReader, node: YamlNode | undefined, what: string): StepResources | undefined {
  const map = reader.map(node, `"resources" of ${what}`)
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.groupResources, `"resources" of ${what}`)
  const limits = parseQuantities(reader, fields.get('limits'), 'limits', what) ?? {}
  const requests = parseQuantities(reader, fields.get('requests'), 'requests', what)
  return { limits, ...(requests === undefined ? {} : { requests }) }
}

function parseQuantities(
  reader: YamlReader,
  node: YamlNode | undefined,
  name: string,
  what: string,
): StepResources['limits'] | undefined {
  const map = reader.map(node, `"${name}" of ${what}`)
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.limits, `"${name}" of ${what}`)
  const cpu = parseQuantity(reader, fields.get('cpu'), `"cpu" of ${what}`, cpuPattern, '500m or 2')
  const memory = parseMemory(reader, fields.get('memory'), `"memory" of ${what}`)
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) }
}

/** An amount of memory or disk as Kubernetes writes it. */
export function parseMemory(reader: YamlReader, node: YamlNode | undefined, what: string): string | undefined {
  return parseQuantity(reader, node, what, memoryPattern, '512Mi or 2Gi')
}

function parseQuantity(
  reader: YamlReader,
  node: YamlNode | undefined,
  what: string,
  pattern: RegExp,
  example: string,
): string | undefined {
  const text = reader.plainText(node, what)
  if (text === undefined || (pattern.test(text) && text.length <= 32)) return text
  reader.report.error('PIPELINE_VALUE', `${what} cannot be ${quote(text)}.`, node?.place, `Write for example ${example}.`)
  return undefined
}

/** A whole number from `min` on. */
export function parseWhole(reader: YamlReader, node: YamlNode | undefined, what: string, min = 0): number | undefined {
  const text = reader.plainText(node, what)
  if (text === undefined || text === '') return undefined
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= 4_294_967_294) return value
  const message = `${what} has to be a whole number of at least ${min}, not ${quote(text)}.`
  reader.report.error('PIPELINE_VALUE', message, node?.place)
  return undefined
}

const pullPolicies: readonly PullPolicy[] = ['Always', 'IfNotPresent', 'Never']

export function parsePullPolicy(reader: YamlReader, node: YamlNode | undefined, what: string): PullPolicy | undefined {
  return node === undefined ? undefined : reader.choice(node, `"imagePullPolicy" of ${what}`, pullPolicies)
}
