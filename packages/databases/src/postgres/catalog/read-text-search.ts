import { namedObject } from './object-names.ts'
import { isExtensionMember } from './read-dependencies.ts'
import { commentOn } from './reading.ts'
import type { Reading } from './reading.ts'

interface DictionaryRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly template: string
  /** As SQL already: `language = 'english', stopwords = 'english'`. */
  readonly options: string | null
  readonly isShadowed: boolean
  readonly comment: string | null
}

interface ConfigurationRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly parser: string
  readonly mappings: readonly (readonly [token: string, dictionaries: readonly string[]])[] | null
  readonly isShadowed: boolean
  readonly comment: string | null
}

const dictionary = { catalogue: 'pg_ts_dict', name: 'dictname', namespace: 'dictnamespace' }
const template = { catalogue: 'pg_ts_template', name: 'tmplname', namespace: 'tmplnamespace' }
const parser = { catalogue: 'pg_ts_parser', name: 'prsname', namespace: 'prsnamespace' }

const shadowed = (catalogue: string, name: string, namespace: string, own: string): string =>
  `EXISTS (SELECT 1 FROM ${catalogue} sh WHERE sh.${name} = ${own} AND sh.${namespace} = 'pg_catalog'::regnamespace)`

/**
 * Without its schema such a name means the system's own object (`english`), which can be changed and dropped like any other: a snapshot of one
 * schema names it as not carried.
 */
function isHidden(
  reading: Reading,
  { name, isShadowed }: { readonly name: string; readonly isShadowed: boolean },
  kind: string,
): boolean {
  if (!reading.isPortable || !isShadowed) return false
  reading.uncarried.push({ type: `text search ${kind}, whose name is also one of pg_catalog’s,`, name })
  return true
}

/** Text search dictionaries and configurations. Files of stop words and the like are the server's. */
export async function readTextSearch(reading: Reading): Promise<void> {
  const dictionaries =
    await reading.rows<DictionaryRow>(`SELECT 'pg_ts_dict:' || d.oid AS oid, n.nspname AS schema, d.dictname AS name, d.dictinitoption AS options, ${shadowed('pg_ts_dict', 'dictname', 'dictnamespace', 'd.dictname')} AS "isShadowed",
  ${namedObject(reading, template, 'd.dicttemplate')} AS template, obj_description(d.oid, 'pg_ts_dict') AS comment
  FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace WHERE d.dictnamespace = ANY ($1::oid[])`)
  for (const row of dictionaries) {
    if (isExtensionMember(reading, row.oid) || isHidden(reading, row, 'dictionary')) continue
    const target = `TEXT SEARCH DICTIONARY ${reading.qualified(row.schema, row.name)}`
    const parts = [`TEMPLATE = ${row.template}`, ...(row.options === null ? [] : [row.options])]
    reading.add(
      {
        type: 'textSearchDictionary',
        schema: reading.schemaOf(row.schema),
        name: row.name,
        properties: { options: parts, comment: row.comment },
        create: [`CREATE ${target} (\n    ${parts.join(',\n    ')}\n)`, ...commentOn(target, row.comment)],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
  await readConfigurations(reading)
}

async function readConfigurations(reading: Reading): Promise<void> {
  const rows =
    await reading.rows<ConfigurationRow>(`SELECT 'pg_ts_config:' || c.oid AS oid, n.nspname AS schema, c.cfgname AS name, ${namedObject(reading, parser, 'c.cfgparser')} AS parser,
  (SELECT json_agg(json_build_array(p.alias, p.dictionaries) ORDER BY p.alias) FROM (
    SELECT quote_ident(t.alias) AS alias, json_agg(${namedObject(reading, dictionary, 'm.mapdict')} ORDER BY m.mapseqno) AS dictionaries
    FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype WHERE m.mapcfg = c.oid GROUP BY t.alias) p) AS mappings,
  ${shadowed('pg_ts_config', 'cfgname', 'cfgnamespace', 'c.cfgname')} AS "isShadowed", obj_description(c.oid, 'pg_ts_config') AS comment
  FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE c.cfgnamespace = ANY ($1::oid[])`)
  for (const row of rows) {
    if (isExtensionMember(reading, row.oid) || isHidden(reading, row, 'configuration')) continue
    const target = `TEXT SEARCH CONFIGURATION ${reading.qualified(row.schema, row.name)}`
    const mappings = (row.mappings ?? []).map(([token, names]) => `${token} WITH ${names.join(', ')}`)
    reading.add(
      {
        type: 'textSearchConfiguration',
        schema: reading.schemaOf(row.schema),
        name: row.name,
        properties: { parser: row.parser, mappings, comment: row.comment },
        create: [
          `CREATE ${target} (PARSER = ${row.parser})`,
          ...mappings.map((mapping) => `ALTER ${target} ADD MAPPING FOR ${mapping}`),
          ...commentOn(target, row.comment),
        ],
        drop: [`DROP ${target}`],
        dependsOn: new Set(),
      },
      row.oid,
    )
  }
}
