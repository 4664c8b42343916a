import type { ChangeSource, ChangesetArea, ChangesetCase } from './model.ts'

/** The name that `$t` stands for, and with which everything of the case begins. */
export function ownName(one: ChangesetCase): string {
  return `${one.name.replaceAll(/[^a-z0-9]+/gi, '_').toLowerCase()}_x`
}

/** The changelog `root.<format>` of some cases of an area, with the files that they refer to. */
export function changelogFiles(area: ChangesetArea, cases: readonly ChangesetCase[]): Readonly<Record<string, string>> {
  const changesets = cases.flatMap((one) => changesetsOf(one))
  const files = Object.assign({}, ...cases.map((one) => replaceOwn(one.files ?? {}, one))) as Record<string, string>
  if (area.format === 'xml') return { ...files, 'root.xml': renderXml(changesets) }
  const text = JSON.stringify({ databaseChangeLog: changesets.map((changeSet) => ({ changeSet })) }, null, 1)
  // JSON is YAML, but flow style hides what plain scalars are: block style shows them.
  return area.format === 'json' ? { ...files, 'root.json': text } : { ...files, 'root.yaml': renderYaml(changesets) }
}

export function rootFile(area: ChangesetArea): string {
  return `root.${area.format}`
}

interface ChangesetSource {
  readonly id: string
  readonly author: string
  readonly changes: readonly ChangeSource[]
  readonly [key: string]: unknown
}

/** Ids of the changesets of a case. */
export function changesetIds(one: ChangesetCase): readonly string[] {
  return one.given === undefined ? [one.name] : [`${one.name}:given`, one.name]
}

function changesetsOf(one: ChangesetCase): readonly ChangesetSource[] {
  const shared = { author: 'ann', failOnError: false }
  const own = { id: one.name, ...shared, ...one.changeset, changes: one.changes }
  const all = one.given === undefined ? [own] : [{ id: `${one.name}:given`, ...shared, changes: one.given }, own]
  return replaceOwn(all, one)
}

function replaceOwn<T>(value: T, one: ChangesetCase): T {
  return JSON.parse(JSON.stringify(value).replaceAll('$t', ownName(one))) as T
}

/** A scalar that must stand unquoted in YAML, such as a date or `0x1F`. */
export interface PlainScalar {
  readonly $plain: string
}

function isPlain(value: unknown): value is PlainScalar {
  return typeof value === 'object' && value !== null && '$plain' in value
}

function renderYaml(changesets: readonly ChangesetSource[]): string {
  return `databaseChangeLog:\n${changesets.map((changeSet) => yamlNode({ changeSet }, 0, true)).join('')}`
}

function yamlNode(value: unknown, level: number, isItem: boolean): string {
  const indent = '  '.repeat(level)
  if (Array.isArray(value)) return value.map((item) => yamlNode(item, level, true)).join('')
  if (typeof value !== 'object' || value === null || isPlain(value)) return `${indent}- ${yamlScalar(value)}\n`
  return Object.entries(value)
    .map(([key, item], index) => {
      const start = `${indent}${isItem ? (index === 0 ? '- ' : '  ') : ''}${key}:`
      const below = level + (isItem ? 2 : 1)
      if (typeof item !== 'object' || item === null || isPlain(item)) return `${start} ${yamlScalar(item)}\n`
      if (Object.keys(item as object).length === 0) return `${start} ${Array.isArray(item) ? '[]' : '{}'}\n`
      return `${start}\n${yamlNode(item, below, false)}`
    })
    .join('')
}

function yamlScalar(value: unknown): string {
  return isPlain(value) ? value.$plain : JSON.stringify(value)
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-4.28.xsd">
`

/** Values that XML has as the element's text or as elements of their own instead of attributes. */
const textKeys = new Set(['sql', 'selectQuery', 'procedureText', 'comment', 'where', 'validCheckSum', 'sqlCheckText'])

function renderXml(changesets: readonly ChangesetSource[]): string {
  return `${xmlHead}${changesets.map((changeSet) => xmlElement('changeSet', changeSet)).join('')}</databaseChangeLog>\n`
}

const xmlOrder = ['validCheckSum', 'preConditions', 'comment', 'changes', 'rollback', 'modifySql']

function xmlElement(name: string, value: unknown): string {
  if (typeof value !== 'object' || value === null) return `<${name}>${escapeXml(String(value))}</${name}>\n`
  const attributes: string[] = []
  const children: string[] = []
  const entries = Object.entries(value)
  if (name === 'changeSet') entries.sort(([left], [right]) => xmlOrder.indexOf(left) - xmlOrder.indexOf(right))
  for (const [key, item] of entries) {
    if (Array.isArray(item)) {
      const items = item.map((part: unknown) => xmlItem(key, part)).join('')
      children.push(
        key === 'modifySql' || key === 'rollback' || key === 'preConditions' || key === 'whereParams'
          ? wrapXml(key, item, items)
          : items,
      )
    } else if (typeof item === 'object' && item !== null) children.push(xmlElement(key, item))
    else if (textKeys.has(key)) children.push(isText(name, key) ? escapeXml(String(item)) : xmlElement(key, item))
    else attributes.push(` ${key}="${escapeXml(String(item))}"`)
  }
  return `<${name}${attributes.join('')}>${children.join('')}</${name}>\n`
}

/** Items of a list that are scalars with a key of their own are attributes of the list's element. */
function wrapXml(key: string, items: readonly unknown[], _rendered: string): string {
  const merged: string[] = []
  const attributes: string[] = []
  for (const item of items) {
    for (const [name, value] of Object.entries(item as object)) {
      if (typeof value === 'object') merged.push(xmlElement(name, value))
      else attributes.push(` ${name}="${escapeXml(String(value))}"`)
    }
  }
  return `<${key}${attributes.join('')}>${merged.join('')}</${key}>\n`
}

function xmlItem(list: string, item: unknown): string {
  if (typeof item !== 'object' || item === null) return xmlElement(list === 'args' ? 'arg' : list, item)
  return Object.entries(item)
    .map(([name, value]) => xmlElement(name, value))
    .join('')
}

function isText(owner: string, key: string): boolean {
  return (
    (owner === 'sql' && key === 'sql') ||
    (owner === 'sqlCheck' && key === 'sql') ||
    key === 'selectQuery' ||
    key === 'procedureText'
  )
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
