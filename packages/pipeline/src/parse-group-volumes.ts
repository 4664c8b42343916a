import { fieldTables } from './fields.ts'
import type { GroupVolume } from './model.ts'
import { parseMemory } from './parse-resources.ts'
import { quote } from './report.ts'
import { isEmptyNode } from './yaml-node.ts'
import type { YamlMap, YamlNode } from './yaml-node.ts'
import type { Fields, YamlReader } from './yaml-reader.ts'

const volumesMax = 50
const types = ['EmptyDir', 'HostPath', 'PersistentVolumeClaim', 'ConfigMap', 'Secret'] as const

/** `volumes` of a pod: what all of its containers mount at the same path. */
export function parseGroupVolumes(reader: YamlReader, node: YamlNode | undefined, what: string): GroupVolume[] | undefined {
  const list = node === undefined || isEmptyNode(node) ? undefined : reader.list(node, `"volumes" of ${what}`)
  if (list === undefined) return undefined
  if (list.items.length > volumesMax) {
    reader.report.error('PIPELINE_TOO_LARGE', `There are more than ${volumesMax} volumes of ${what}.`, list.place)
  }
  const volumes: GroupVolume[] = []
  for (const item of list.items.slice(0, volumesMax)) {
    const volume = parseVolume(reader, item, what)
    if (volume === undefined) continue
    if (volumes.some((other) => other.mountPath === volume.mountPath)) {
      reader.report.error('PIPELINE_DUPLICATE', `Two volumes of ${what} are mounted at ${quote(volume.mountPath)}.`, item.place)
    } else volumes.push(volume)
  }
  return volumes
}

function parseVolume(reader: YamlReader, item: YamlNode, what: string): GroupVolume | undefined {
  const map = reader.map(item, `A volume of ${what}`)
  if (map === undefined) return undefined
  const fields = reader.fields(map, fieldTables.volume, `a volume (${what})`)
  const typeNode = fields.get('type')
  if (typeNode === undefined) reader.report.error('PIPELINE_MISSING_FIELD', `A volume of ${what} needs a type.`, map.place)
  const type = reader.choice(typeNode, `The type of a volume of ${what}`, types)
  const mountPath = parsePath(reader, fields.get('mountPath'), map, 'mountPath', what)
  if (type === undefined || mountPath === undefined) return undefined
  const spec = reader.map(fields.get('spec'), `"spec" of a volume of ${what}`)
  const own = (table: (typeof fieldTables)[keyof typeof fieldTables]): Fields =>
    spec === undefined ? new Map() : reader.fields(spec, table, `${type} (${what})`)
  switch (type) {
    case 'EmptyDir': {
      const inner = own(fieldTables.emptyDir)
      const mediumNode = inner.get('medium')
      const medium =
        mediumNode === undefined || isEmptyNode(mediumNode)
          ? undefined
          : reader.choice(mediumNode, `The medium of a volume of ${what}`, ['Memory'] as const)
      const size = parseMemory(reader, inner.get('size'), `The size of a volume of ${what}`)
      return { type, mountPath, ...(medium === undefined ? {} : { medium }), ...(size === undefined ? {} : { size }) }
    }
    case 'HostPath': {
      const inner = own(fieldTables.hostPath)
      const path = parsePath(reader, inner.get('path'), spec ?? map, 'path', what)
      const hostPathType = reader.plainText(inner.get('type'), `The type of a host path of ${what}`)
      if (path === undefined) return undefined
      return { type, mountPath, path, ...(hostPathType === undefined || hostPathType === '' ? {} : { hostPathType }) }
    }
    case 'PersistentVolumeClaim': {
      const inner = own(fieldTables.claim)
      const claimName = parseName(reader, inner, ['claimName'], spec ?? map, what)
      const readOnly = reader.boolean(inner.get('readOnly'), `"readOnly" of a volume of ${what}`)
      if (claimName === undefined) return undefined
      return { type, mountPath, claimName, ...(readOnly === undefined ? {} : { readOnly }) }
    }
    case 'ConfigMap': {
      const inner = own(fieldTables.configMap)
      const configMapName = parseName(reader, inner, ['configMapName', 'name'], spec ?? map, what)
      return configMapName === undefined ? undefined : { type, mountPath, configMapName, ...optionalFlag(reader, inner, what) }
    }
    case 'Secret': {
      const inner = own(fieldTables.secretVolume)
      const secretName = parseName(reader, inner, ['secretName', 'name'], spec ?? map, what)
      return secretName === undefined ? undefined : { type, mountPath, secretName, ...optionalFlag(reader, inner, what) }
    }
  }
}

function optionalFlag(reader: YamlReader, fields: Fields, what: string): { optional?: boolean } {
  const optional = reader.boolean(fields.get('optional'), `"optional" of a volume of ${what}`)
  return optional === undefined ? {} : { optional }
}

function parseName(
  reader: YamlReader,
  fields: Fields,
  names: readonly string[],
  owner: YamlMap,
  what: string,
): string | undefined {
  const node = names.map((name) => fields.get(name)).find((found) => found !== undefined)
  const text = reader.plainText(node, `"${names[0] ?? ''}" of a volume of ${what}`)
  if (text !== undefined && /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)) return text
  const message = `A volume of ${what} needs "${names[0] ?? ''}": the name of an object in the pod's namespace.`
  reader.report.error('PIPELINE_VALUE', message, node?.place ?? owner.place)
  return undefined
}

function parsePath(
  reader: YamlReader,
  node: YamlNode | undefined,
  owner: YamlMap,
  name: string,
  what: string,
): string | undefined {
  const text = reader.plainText(node, `"${name}" of a volume of ${what}`)
  if (text !== undefined && /^\/[^:\0]{0,500}$/.test(text) && !text.split('/').includes('..')) {
    if (name !== 'mountPath' || !/^\/(?:sluice(?:\/|$)|$)/.test(text)) return text
    reader.report.error(
      'PIPELINE_VALUE',
      `A volume of ${what} cannot be mounted at ${quote(text)}.`,
      node?.place,
      'Choose a path outside of /sluice.',
    )
    return undefined
  }
  reader.report.error(
    'PIPELINE_VALUE',
    `A volume of ${what} needs "${name}": an absolute path without "..".`,
    node?.place ?? owner.place,
  )
  return undefined
}
