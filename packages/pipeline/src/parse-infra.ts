import { didYouMean } from '@sluice/base'
import { parseDuration } from './duration.ts'
import { fieldTables, laterGroupInfraTypes } from './fields.ts'
import type { GroupInfra, KubernetesOptions, SecurityContext, Template, Toleration } from './model.ts'
import { parseGroupVolumes } from './parse-group-volumes.ts'
import { parseGroupResources, parsePullPolicy, parseWhole } from './parse-resources.ts'
import { parsePodOverlay } from './pod-overlay/parse-pod-overlay.ts'
import { quote } from './report.ts'
import { isEmptyNode } from './yaml-node.ts'
import type { YamlNode } from './yaml-node.ts'
import type { Fields, YamlReader } from './yaml-reader.ts'

/** How long a pod may take to get ready that says nothing about it. */
const initTimeoutDefaultMs = 480_000
const itemsMax = 50

/** What stands beside `stepGroupInfra` and counts in pods only. */
type BesideInfra = Pick<KubernetesOptions, 'sharedPaths' | 'secretMode'>

/** `stepGroupInfra`, `sharedPaths` and `secrets` of a step group; undefined for a group that runs as a process. */
export function parseGroupInfra(reader: YamlReader, group: Fields, what: string): GroupInfra | undefined {
  const node = group.get('stepGroupInfra')
  const sharedPaths = parseSharedPaths(reader, group.get('sharedPaths'), what)
  const secretMode = parseSecretMode(reader, group.get('secrets'), what)
  const beside = present({ sharedPaths: sharedPaths.length === 0 ? undefined : sharedPaths, secretMode })
  const map = node === undefined || isEmptyNode(node) ? undefined : reader.map(node, `"stepGroupInfra" of ${what}`)
  if (map === undefined) {
    if (node === undefined) noteIdle(reader, group, beside, what)
    return undefined
  }
  const fields = reader.fields(map, fieldTables.groupInfra, `"stepGroupInfra" of ${what}`)
  const typeNode = fields.get('type')
  if (typeNode === undefined) {
    const hint = 'Write type: KubernetesDirect, or remove stepGroupInfra to run the group as a process of its delegate.'
    reader.report.error('PIPELINE_MISSING_FIELD', `"stepGroupInfra" of ${what} needs a type.`, map.place, hint)
    return undefined
  }
  const type = parseType(reader, typeNode, what)
  if (type === undefined) return undefined
  const spec = reader.map(fields.get('spec'), `"spec" of "stepGroupInfra" of ${what}`)
  if (spec === undefined) {
    if (fields.get('spec') === undefined) {
      reader.report.error('PIPELINE_MISSING_FIELD', `"stepGroupInfra" of ${what} needs a spec with connectorRef.`, map.place)
    }
    return undefined
  }
  return parseKubernetes(
    reader,
    reader.fields(spec, fieldTables.kubernetesInfra, `KubernetesDirect (${what})`),
    spec,
    beside,
    what,
  )
}

function noteIdle(reader: YamlReader, group: Fields, { sharedPaths, secretMode }: BesideInfra, what: string): void {
  const note = (name: string, hint: string): void => {
    const message = `"${name}" of ${what} has an effect in pods only.`
    reader.report.note('PIPELINE_FIELD_NO_EFFECT', message, group.get(name)?.place, hint)
  }
  if (sharedPaths !== undefined) note('sharedPaths', 'Steps of a group that runs as a process share its working directory.')
  if (secretMode !== undefined) note('secrets', 'Values of a group that runs as a process never leave the memory of its machine.')
}

/** Without a value, or with `kubernetes`, account and project decide: a group can be stricter and no laxer. */
function parseSecretMode(reader: YamlReader, node: YamlNode | undefined, what: string): 'runtime' | undefined {
  if (node === undefined || isEmptyNode(node)) return undefined
  const mode = reader.choice(node, `"secrets" of ${what}`, ['kubernetes', 'runtime'] as const)
  return mode === 'runtime' ? mode : undefined
}

function parseType(reader: YamlReader, node: YamlNode, what: string): 'KubernetesDirect' | undefined {
  const text = reader.plainText(node, `The type of "stepGroupInfra" of ${what}`)
  if (text === undefined || text === 'KubernetesDirect') return text
  const hint = 'Use KubernetesDirect, or remove stepGroupInfra: the group then runs as a process of its delegate.'
  if (laterGroupInfraTypes.includes(text)) {
    reader.report.error(
      'PIPELINE_NOT_SUPPORTED_YET',
      `Running ${what} on ${text} is known but not supported yet.`,
      node.place,
      hint,
    )
    return undefined
  }
  const near = didYouMean(text, ['KubernetesDirect', ...laterGroupInfraTypes])
  const message = `"stepGroupInfra" of ${what} cannot have the type ${quote(text)}.`
  reader.report.error('PIPELINE_UNKNOWN_VALUE', message, node.place, near === undefined ? hint : `Did you mean "${near}"?`)
  return undefined
}

function parseKubernetes(
  reader: YamlReader,
  fields: Fields,
  spec: YamlNode,
  beside: BesideInfra,
  what: string,
): GroupInfra | undefined {
  const template = (name: string): Template | undefined => {
    const found = reader.template(fields.get(name), `"${name}" of ${what}`)
    return found === undefined || found.length === 0 ? undefined : found
  }
  const connectorRef = template('connectorRef')
  const connectorNode = fields.get('connectorRef')
  if (connectorNode === undefined || isEmptyNode(connectorNode)) {
    const hint = 'Name a connector of type K8sCluster.'
    reader.report.error(
      'PIPELINE_MISSING_FIELD',
      `KubernetesDirect of ${what} needs "connectorRef".`,
      connectorNode?.place ?? spec.place,
      hint,
    )
  }
  const texts = {
    namespace: template('namespace'),
    serviceAccountName: template('serviceAccountName'),
    priorityClassName: template('priorityClassName'),
    imageConnectorRef: template('harnessImageConnectorRef'),
    nodeSelector: parseTextMap(reader, fields.get('nodeSelector'), 'nodeSelector', what),
    labels: parseTextMap(reader, fields.get('labels'), 'labels', what),
    annotations: parseTextMap(reader, fields.get('annotations'), 'annotations', what),
    podSpecOverlay: parsePodOverlay(reader, fields.get('podSpecOverlay'), what),
  }
  const options = { ...parseOptions(reader, fields, what), ...beside }
  if (connectorRef === undefined) return undefined
  return { type: 'KubernetesDirect', connectorRef, ...present(texts), options }
}

function parseOptions(reader: YamlReader, fields: Fields, what: string): KubernetesOptions {
  const context = parseSecurityContext(reader, fields.get('containerSecurityContext'), what)
  const runAsNonRoot = reader.boolean(fields.get('runAsNonRoot'), `"runAsNonRoot" of ${what}`)
  const osNode = fields.get('os')
  const os =
    osNode === undefined || isEmptyNode(osNode)
      ? undefined
      : reader.choice(osNode, `The os of ${what}`, ['Linux'] as const, ['Windows', 'MacOS'])
  const securityContext = runAsNonRoot === undefined ? context : { runAsNonRoot, ...context }
  return {
    ...present({
      automountServiceAccountToken: reader.boolean(
        fields.get('automountServiceAccountToken'),
        `"automountServiceAccountToken" of ${what}`,
      ),
      tolerations: parseTolerations(reader, fields.get('tolerations'), what),
      containerSecurityContext: securityContext,
      runAsUser: parseWhole(reader, fields.get('runAsUser'), `"runAsUser" of ${what}`),
      os,
      resources: parseGroupResources(reader, fields.get('resources'), what),
      volumes: parseGroupVolumes(reader, fields.get('volumes'), what),
      hostNames: parseTexts(reader, fields.get('hostNames'), `"hostNames" of ${what}`),
      imagePullPolicy: parsePullPolicy(reader, fields.get('imagePullPolicy'), what),
    }),
    initTimeoutMs: parseInitTimeout(reader, fields.get('initTimeout'), what),
  }
}

function parseInitTimeout(reader: YamlReader, node: YamlNode | undefined, what: string): number {
  const text = reader.plainText(node, `"initTimeout" of ${what}`)
  if (text === undefined || text === '') return initTimeoutDefaultMs
  const timeoutMs = parseDuration(text)
  if (timeoutMs !== undefined && timeoutMs <= 86_400_000) return timeoutMs
  const hint = 'Write for example 90s or 10m; the longest is 1d.'
  reader.report.error('PIPELINE_DURATION', `"initTimeout" of ${what} cannot be ${quote(text)}.`, node?.place, hint)
  return initTimeoutDefaultMs
}

function parseSharedPaths(reader: YamlReader, node: YamlNode | undefined, what: string): string[] {
  return (parseTexts(reader, node, `"sharedPaths" of ${what}`) ?? []).filter((path) => {
    const isFine =
      /^\/[^:\0]{1,500}$/.test(path) && !path.split('/').includes('..') && !/^\/(?:sluice|proc|sys|dev)(?:\/|$)/.test(path)
    if (!isFine) {
      const hint = 'Write an absolute path, outside of /sluice, /proc, /sys and /dev.'
      reader.report.error('PIPELINE_VALUE', `"sharedPaths" of ${what} cannot hold ${quote(path)}.`, node?.place, hint)
    }
    return isFine
  })
}

/** Texts by name; their values may hold expressions. */
function parseTextMap(
  reader: YamlReader,
  node: YamlNode | undefined,
  name: string,
  what: string,
): Record<string, Template> | undefined {
  if (node === undefined || isEmptyNode(node)) return undefined
  const map = reader.map(node, `"${name}" of ${what}`)
  if (map === undefined) return undefined
  return Object.fromEntries(
    map.entries.flatMap(({ key, keyPlace, value }): [string, Template][] => {
      if (/^(?:[^/]*\.)?sluice\.dev\//.test(key)) {
        reader.report.error(
          'PIPELINE_VALUE',
          `${quote(key)} in "${name}" of ${what} is reserved.`,
          keyPlace,
          'Use another prefix than sluice.dev/.',
        )
        return []
      }
      return [[key, reader.template(value, `${quote(key)} in "${name}" of ${what}`) ?? []]]
    }),
  )
}

function parseTexts(reader: YamlReader, node: YamlNode | undefined, what: string): string[] | undefined {
  const list = node === undefined || isEmptyNode(node) ? undefined : reader.list(node, what)
  if (list === undefined) return undefined
  if (list.items.length > itemsMax)
    reader.report.error('PIPELINE_TOO_LARGE', `${what} has more than ${itemsMax} items.`, list.place)
  return list.items.slice(0, itemsMax).flatMap((item) => reader.plainText(item, `An item of ${what}`) ?? [])
}

function parseTolerations(reader: YamlReader, node: YamlNode | undefined, what: string): Toleration[] | undefined {
  const list = node === undefined || isEmptyNode(node) ? undefined : reader.list(node, `"tolerations" of ${what}`)
  return list?.items.slice(0, itemsMax).flatMap((item) => {
    const map = reader.map(item, `A toleration of ${what}`)
    if (map === undefined) return []
    const fields = reader.fields(map, fieldTables.toleration, `a toleration (${what})`)
    const text = (name: string): string | undefined => reader.plainText(fields.get(name), `"${name}" of a toleration of ${what}`)
    const word = <Word extends string>(name: string, words: readonly Word[]): Word | undefined => {
      const field = fields.get(name)
      return field === undefined || isEmptyNode(field)
        ? undefined
        : reader.choice(field, `"${name}" of a toleration of ${what}`, words)
    }
    const tolerationSeconds = parseWhole(reader, fields.get('tolerationSeconds'), `"tolerationSeconds" of ${what}`)
    return [
      present({
        key: text('key'),
        operator: word('operator', ['Exists', 'Equal'] as const),
        value: text('value'),
        effect: word('effect', ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const),
        tolerationSeconds,
      }),
    ]
  })
}

function parseSecurityContext(reader: YamlReader, node: YamlNode | undefined, what: string): SecurityContext | undefined {
  const name = `"containerSecurityContext" of ${what}`
  const map = node === undefined || isEmptyNode(node) ? undefined : reader.map(node, name)
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.securityContext, name)
  const flag = (key: string): boolean | undefined => reader.boolean(fields.get(key), `"${key}" of ${what}`)
  const user = (key: string): number | undefined => parseWhole(reader, fields.get(key), `"${key}" of ${what}`)
  const capabilitiesMap = reader.map(fields.get('capabilities'), `"capabilities" of ${what}`)
  const capabilityFields =
    capabilitiesMap === undefined
      ? undefined
      : reader.fields(capabilitiesMap, fieldTables.capabilities, `"capabilities" of ${what}`)
  return present({
    allowPrivilegeEscalation: flag('allowPrivilegeEscalation'),
    privileged: flag('privileged'),
    procMount: reader.plainText(fields.get('procMount'), `"procMount" of ${what}`),
    readOnlyRootFilesystem: flag('readOnlyRootFilesystem'),
    runAsNonRoot: flag('runAsNonRoot'),
    runAsUser: user('runAsUser'),
    runAsGroup: user('runAsGroup'),
    capabilities:
      capabilityFields === undefined
        ? undefined
        : present({
            add: parseTexts(reader, capabilityFields.get('add'), `"add" of ${what}`),
            drop: parseTexts(reader, capabilityFields.get('drop'), `"drop" of ${what}`),
          }),
  })
}

type Present<Record> = { [Key in keyof Record]?: Exclude<Record[Key], undefined> }

/** Without the fields that are undefined: what is stored as JSON has none. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>
}
