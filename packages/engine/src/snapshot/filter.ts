import { AppError, didYouMean } from '@sluice/base'
import { objectTypes } from './model.ts'
import type { ObjectType, SnapshotObject } from './model.ts'

/** Which objects are meant. Undefined parts leave everything in. */
export interface ObjectFilter {
  /** Only these types. A table stands for what it is made of: its columns and inline constraints. */
  readonly types?: readonly ObjectType[] | undefined
  readonly excludeTypes?: readonly ObjectType[] | undefined
  /** Only these schemas, by name. */
  readonly schemas?: readonly string[] | undefined
  /** Only objects whose name (or whose table's) matches one of these patterns: `*` and `?`, letter case kept. */
  readonly include?: readonly string[] | undefined
  /** None whose name (or whose table's) matches one of these. */
  readonly exclude?: readonly string[] | undefined
}

/** Reads a list of object types. Throws `SNAPSHOT_TYPE_UNKNOWN` with the nearest known one. */
export function parseObjectTypes(names: readonly string[]): readonly ObjectType[] {
  return names.map((name) => {
    const found = objectTypes.find(
      (type) => type.toLowerCase() === name.toLowerCase() || `${type.toLowerCase()}s` === name.toLowerCase(),
    )
    if (found !== undefined) return found
    const near = didYouMean(name, objectTypes)
    throw new AppError('invalid', 'SNAPSHOT_TYPE_UNKNOWN', `There is no object type "${name.slice(0, 64)}".`, {
      hint: `${near === undefined ? '' : `Did you mean "${near}"? `}Types: ${objectTypes.join(', ')}.`,
    })
  })
}

/** A test for objects, made once. */
export function createFilter(filter: ObjectFilter | undefined): (object: SnapshotObject) => boolean {
  if (filter === undefined) return () => true
  const types = filter.types === undefined ? undefined : new Set<string>(filter.types)
  const excludeTypes = new Set<string>(filter.excludeTypes ?? [])
  const schemas = filter.schemas === undefined ? undefined : new Set(filter.schemas)
  const include = filter.include?.map(toPattern)
  const exclude = (filter.exclude ?? []).map(toPattern)
  return (object) => {
    if (types !== undefined && !types.has(object.type) && !(object.partOf !== undefined && types.has('table'))) return false
    if (excludeTypes.has(object.type)) return false
    if (schemas !== undefined && object.schema !== null && !schemas.has(object.schema)) return false
    const names = [object.name, object.table, object.table === undefined ? undefined : `${object.table}.${object.name}`]
    const hits = (patterns: readonly RegExp[]): boolean =>
      patterns.some((pattern) => names.some((name) => name !== undefined && pattern.test(name)))
    if (include !== undefined && !hits(include)) return false
    return !hits(exclude)
  }
}

function toPattern(glob: string): RegExp {
  const source = glob
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source.replaceAll(/(?:\.\*)+/g, '.*')}$`, 'su')
}
