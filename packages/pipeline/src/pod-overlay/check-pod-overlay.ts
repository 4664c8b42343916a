import { didYouMean } from '@sluice/base'
import { quote } from '../report.ts'
import { type OverlayList, type OverlayMap, type OverlayShape, podOverlayShape, shapeOf } from './overlay-shape.ts'

/** One thing in an overlay that cannot stay. */
export interface OverlayProblem {
  /** Keys and indexes from the overlay's root. */
  readonly path: readonly (string | number)[]
  /** A whole sentence that names the field. */
  readonly message: string
  readonly hint?: string
}

/** Deeper than any PodSpec (an affinity's expressions stand nine levels deep). */
export const overlayDepthMax = 16
/** Characters of an overlay as JSON, and of its YAML. */
export const overlayLengthMax = 65_536

const problemsMax = 50

/**
 * Everything in a pod overlay (a partial PodSpec as JSON) that Sluice does not merge: fields that are not an overlay's to set, unknown ones, and
 * values of the wrong kind. Empty when it can be merged; whether a delegate grants it is the delegate's word.
 *
 * `undefined` anywhere in it stands for a value that is not known yet, and is let through.
 */
export function checkPodOverlay(overlay: unknown): OverlayProblem[] {
  const found: OverlayProblem[] = []
  if (isTooDeep(overlay, overlayDepthMax)) {
    return [{ path: [], message: `The overlay is nested more than ${overlayDepthMax} levels deep.` }]
  }
  if ((JSON.stringify(overlay)?.length ?? 0) > overlayLengthMax) {
    return [{ path: [], message: `The overlay has more than ${overlayLengthMax} characters.` }]
  }
  const say = (path: OverlayProblem['path'], message: string, hint?: string): void => {
    if (found.length < problemsMax) found.push({ path, message, ...(hint === undefined ? {} : { hint }) })
  }
  check(podOverlayShape, overlay, [], say)
  return found
}

/** `spec.containers[0].env`: how a place in an overlay is named in messages. */
export function overlayField(path: readonly (string | number)[]): string {
  return path.reduce<string>((field, step) => (typeof step === 'number' ? `${field}[${step}]` : `${field}.${step}`), 'spec')
}

type Say = (path: OverlayProblem['path'], message: string, hint?: string) => void

function check(shape: OverlayShape, value: unknown, path: OverlayProblem['path'], say: Say): void {
  // An empty value leaves what is there.
  if (value === undefined || value === null) return
  const field = overlayField(path)
  const expected = mismatch(shape, value)
  if (expected !== undefined) {
    say(
      path,
      `"${field}" has to be ${expected}, but it is ${kindOf(value)}.`,
      expected === 'a text' ? 'Put it in quotes.' : undefined,
    )
    return
  }
  if (shape.kind === 'map') checkMap(shape, value, path, say)
  else if (shape.kind === 'list') checkList(shape, value as readonly unknown[], path, say)
  else if (shape.kind === 'texts') {
    for (const [key, item] of Object.entries(value)) check({ kind: 'text' }, item, [...path, key], say)
  } else if (shape.kind === 'object') checkDirectives(value, path, say)
}

function checkMap(shape: OverlayMap, value: object, path: OverlayProblem['path'], say: Say): void {
  for (const [key, item] of Object.entries(value)) {
    const inner = shapeOf(shape, key)
    const field = overlayField([...path, key])
    if (inner !== undefined) check(inner, item, [...path, key], say)
    else if (Object.hasOwn(shape.kept, key)) say([...path, key], `${quote(field)} is not an overlay's to set.`, shape.kept[key])
    else {
      const near = didYouMean(key, Object.keys(shape.fields))
      const hint = near === undefined ? `There are ${Object.keys(shape.fields).join(', ')}.` : `Did you mean "${near}"?`
      say([...path, key], `${quote(field)} is no field that an overlay may have.`, hint)
    }
  }
}

function checkList({ of, mergeKey }: OverlayList, items: readonly unknown[], path: OverlayProblem['path'], say: Say): void {
  const seen = new Set<unknown>()
  for (const [index, item] of items.entries()) {
    const here = [...path, index]
    if (item === null) say(here, `"${overlayField(here)}" is empty.`, 'Remove the item.')
    check(of, item, here, say)
    if (mergeKey === undefined || item === undefined || mismatch({ kind: 'object' }, item) !== undefined) continue
    const key = Object.hasOwn(item as object, mergeKey) ? (item as Record<string, unknown>)[mergeKey] : null
    // An expression there is looked at once it has its value.
    if (key === undefined) continue
    if (typeof key !== 'string') say(here, `"${overlayField(here)}" needs "${mergeKey}", a text: items are merged by it.`)
    else if (seen.has(key))
      say(here, `"${overlayField(path)}" has two items whose "${mergeKey}" is ${quote(key)}.`, 'Make them one.')
    seen.add(key)
  }
}

/** kubectl's directives of a patch would be sent as fields, which the API server drops without a word. */
function checkDirectives(value: unknown, path: OverlayProblem['path'], say: Say): void {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) checkDirectives(item, [...path, index], say)
  else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      const here = [...path, key]
      if (key.startsWith('$')) say(here, `${quote(overlayField(here))} is a directive of patches, which overlays do not have.`)
      else checkDirectives(item, here, say)
    }
  }
}

/** What a value should be and is not, as words. */
function mismatch(shape: OverlayShape, value: unknown): string | undefined {
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string' ? undefined : 'a text'
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'whole':
      return Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number'
    case 'quantity':
      return typeof value === 'string' || (typeof value === 'number' && value >= 0) ? undefined : 'an amount such as 500m or 2Gi'
    case 'list':
      return Array.isArray(value) ? undefined : 'a list'
    case 'map':
    case 'object':
    case 'texts':
      return value !== null && typeof value === 'object' && !Array.isArray(value) ? undefined : 'a mapping'
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value !== null && typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? `the text ${quote(value)}` : String(value)
}

function isTooDeep(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false
  return levels === 0 || Object.values(value).some((item) => isTooDeep(item, levels - 1))
}
