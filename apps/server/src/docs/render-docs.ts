import type { OpenApiDocument, OpenApiOperation, OpenApiParameter } from '@sluice/contract'
import { escapeHtml as e } from './html.ts'
import { renderLimits, renderSchema, renderType, type ShownSchema } from './render-schema.ts'

/** The OpenAPI document as one page that needs no script and nothing from anywhere else. */
export function renderDocs(document: OpenApiDocument): string {
  const { info, tags, paths, components } = document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const groups = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    return `<section><h2 id="${e(name)}">${e(name)}</h2>${own.map(renderOperation).join('')}</section>`
  })
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<section class="schema"><h3 id="schema-${e(name)}">${e(name)}</h3>${renderSchema(schema as ShownSchema)}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice API</title>
<link rel="stylesheet" href="/api/docs/style.css">
</head>
<body>
<nav aria-label="Contents">
<p><strong>Sluice API ${e(String(info['version']))}</strong></p>
<p><a href="/api/v1/openapi.json">openapi.json</a></p>
<ul>${tags.map(({ name }) => `<li><a href="#${e(name)}">${e(name)}</a></li>`).join('')}<li><a href="#schemas">Schemas</a></li></ul>
</nav>
<main>
<h1>Sluice API</h1>
${String(info['description'])
  .split('\n\n')
  .map((paragraph) => `<p>${renderCode(paragraph)}</p>`)
  .join('')}
${groups.join('\n')}
<h2 id="schemas">Schemas</h2>
${schemas.join('\n')}
</main>
</body>
</html>
`
}

function renderOperation({ path, method, operation }: { path: string; method: string; operation: OpenApiOperation }): string {
  const { requestBody } = operation
  return `<details id="${e(operation.operationId)}">
<summary><span class="method ${method.toLowerCase()}">${method}</span> <code>${e(path)}</code> <span class="what">${e(operation.summary)}</span></summary>
<p>${renderCode(operation.description)}</p>
${renderParameters(operation.parameters)}
${requestBody === undefined ? '' : `<h4>Body${requestBody.required ? '' : ' (optional)'}</h4>${renderContent(requestBody.content)}`}
${Object.entries(operation.responses)
  .filter(([status]) => status !== 'default')
  .map(([status, response]) => `<h4>${e(status)}</h4>${renderContent((response as { content: Content }).content)}`)
  .join('')}
<p>Otherwise <a href="#schema-ErrorBody">ErrorBody</a>.</p>
</details>`
}

type Content = Readonly<Record<string, { readonly schema: unknown }>>

function renderContent(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const shown = renderSchema(schema as ShownSchema)
      return type === 'application/json' ? `<div>${shown}</div>` : `<div><code>${e(type)}</code> ${shown}</div>`
    })
    .join('')
}

function renderParameters(parameters: readonly OpenApiParameter[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map((parameter) => {
    const schema = parameter.schema as ShownSchema
    const mark = parameter.required ? ' <strong>required</strong>' : ''
    const note = parameter.description === undefined ? '' : ` ${renderCode(parameter.description)}`
    return `<tr><td><code>${e(parameter.name)}</code>${mark}</td><td>${e(parameter.in)}</td><td>${renderType(schema)}${renderLimits(schema)}${note}</td></tr>`
  })
  return `<table><thead><tr><th>Parameter</th><th>In</th><th>What</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** Text in which backquotes mark code. */
function renderCode(text: string): string {
  return e(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>')
}
