import { escapeHtml as e } from './html.ts'

/** A JSON Schema as OpenAPI has it, as far as it is shown. */
export interface ShownSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, ShownSchema>>
  readonly required?: readonly string[]
  readonly items?: ShownSchema
  readonly additionalProperties?: ShownSchema | boolean
  readonly anyOf?: readonly ShownSchema[]
  readonly oneOf?: readonly ShownSchema[]
}

/** A schema as nested lists; what has a name of its own is a link to it. */
export function renderSchema(schema: ShownSchema): string {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) {
    return `<span class="type">one of</span><ul>${choices.map((choice) => `<li>${renderSchema(choice)}</li>`).join('')}</ul>`
  }
  if (schema.type === 'array' && schema.items !== undefined) {
    return `<span class="type">list of</span> ${renderSchema(schema.items)}${renderLimits(schema)}`
  }
  if (schema.properties !== undefined) return renderFields(schema)
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    const values = schema.additionalProperties
    return `<span class="type">map of</span> ${Object.keys(values).length === 0 ? 'anything' : renderSchema(values)}`
  }
  return `${renderType(schema)}${renderLimits(schema)}`
}

/** The type of a schema in a word or two. */
export function renderType(schema: ShownSchema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
    return `<a href="#schema-${e(name)}">${e(name)}</a>`
  }
  if (schema.const !== undefined) return `<code>${e(JSON.stringify(schema.const))}</code>`
  if (schema.enum !== undefined) return schema.enum.map((value) => `<code>${e(JSON.stringify(value))}</code>`).join(' | ')
  return `<span class="type">${e(schema.format ?? [schema.type ?? 'anything'].flat().join(' or '))}</span>`
}

/** Defaults and bounds, in parentheses. */
export function renderLimits(schema: ShownSchema): string {
  const { minLength, maxLength, minimum, maximum, maxItems, pattern } = schema
  const parts = [
    ...(schema.default === undefined ? [] : [`default <code>${e(JSON.stringify(schema.default))}</code>`]),
    ...(minimum === undefined ? [] : [`from ${String(minimum)}`]),
    ...(maximum === undefined ? [] : [`to ${String(maximum)}`]),
    ...(minLength === undefined ? [] : [`at least ${String(minLength)} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${String(maxLength)} characters`]),
    ...(maxItems === undefined ? [] : [`at most ${String(maxItems)}`]),
    ...(pattern === undefined || schema.format !== undefined ? [] : [`<code>${e(pattern)}</code>`]),
  ]
  return parts.length === 0 ? '' : ` <small>(${parts.join(', ')})</small>`
}

function renderFields({ properties = {}, required = [] }: ShownSchema): string {
  const fields = Object.entries(properties).map(([name, field]) => {
    const mark = required.includes(name) ? ' <strong>required</strong>' : ''
    return `<li><code>${e(name)}</code>${mark} ${renderSchema(field)}</li>`
  })
  return fields.length === 0 ? '<span class="type">empty object</span>' : `<ul>${fields.join('')}</ul>`
}
