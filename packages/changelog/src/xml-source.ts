import { SaxesParser } from 'saxes'
import type { SourcePlace } from './model.ts'
import type { Reporter } from './reporter.ts'
import type { SourceNode } from './source-node.ts'

const depthMax = 200
const problemsMax = 20

interface OpenElement {
  readonly name: string
  readonly place: SourcePlace
  readonly children: SourceNode[]
  text: string
}

/**
 * Reads an XML document into source nodes: attributes become children, namespaces are dropped. No DTD, entity or schema is ever
 * loaded. Text is trimmed, as Liquibase does; texts around child elements are joined.
 */
export function readXmlSource(text: string, file: string, reporter: Reporter): SourceNode | undefined {
  const parser = new SaxesParser({ fragment: false })
  const stack: OpenElement[] = []
  let root: SourceNode | undefined
  let problems = 0
  let isTooDeep = false
  let start: SourcePlace = { file, line: 1, column: 1 }

  const fail = (place: SourcePlace, message: string): void => {
    if (problems++ < problemsMax) reporter.error(place, 'CHANGELOG_XML', message)
  }
  parser.on('error', (error) => {
    if (isTooDeep) return
    // The parser's messages begin with its own "line:column:".
    const message = error.message.replace(/^(?:[^:]*:)?\d+:\d+: /, '')
    fail({ file, line: parser.line, column: parser.column + 1 }, `The XML is not well-formed: ${message.replace(/\.$/, '')}.`)
  })
  parser.on('doctype', () => {
    const place = { file, line: parser.line, column: 1 }
    fail(place, 'The file has a document type declaration, which changelogs do not need and this parser does not read.')
  })
  parser.on('opentagstart', (tag) => {
    start = { file, line: parser.line, column: Math.max(1, parser.column - tag.name.length) }
  })
  parser.on('opentag', (tag) => {
    if (stack.length === depthMax && !isTooDeep) fail(start, 'The elements are nested too deeply.')
    isTooDeep ||= stack.length === depthMax
    const place = start
    const attributes = Object.entries(tag.attributes).flatMap(([name, value]): SourceNode[] =>
      name === 'xmlns' || /^(?:xmlns|xsi|xml):/.test(name)
        ? []
        : [{ name, text: String(value), children: [], isStructure: false, place }],
    )
    stack.push({ name: localName(tag.name), place, children: attributes, text: '' })
  })
  const addText = (value: string): void => {
    const open = stack.at(-1)
    if (open !== undefined) open.text += value
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const closed = stack.pop()
    if (closed === undefined) return
    const { name, place, children } = closed
    const trimmed = closed.text.trim()
    const node: SourceNode = {
      name,
      place,
      children,
      text: trimmed === '' ? undefined : trimmed,
      isStructure: children.length > 0,
    }
    const parent = stack.at(-1)
    if (parent === undefined) root = node
    else parent.children.push(node)
  })
  try {
    parser.write(text).close()
  } catch (error) {
    fail({ file, line: parser.line, column: parser.column + 1 }, `The XML cannot be read: ${(error as Error).message}.`)
  }
  return problems > 0 || root === undefined
    ? undefined
    : { name: '', text: undefined, children: [root], isStructure: true, place: root.place }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
