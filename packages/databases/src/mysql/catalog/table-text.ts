/** SHOW CREATE TABLE in its parts. The server writes one thing per line, indented by two blanks. */
export interface TableText {
  readonly columns: readonly TableLine[]
  readonly keys: readonly TableLine[]
  readonly checks: readonly TableLine[]
  readonly foreignKeys: readonly TableLine[]
  /** Lines of none of these kinds (`PERIOD FOR SYSTEM_TIME …`). */
  readonly others: readonly string[]
  /** Engine, character set, comment …; without the next number of AUTO_INCREMENT, which is data. */
  readonly options: string
  readonly partitioning: string | undefined
}

export interface TableLine {
  readonly name: string
  /** As it stands, without the comma at its end. */
  readonly text: string
}

export function parseTableText(sql: string): TableText {
  const lines = sql.replaceAll('\r\n', '\n').split('\n')
  const columns: TableLine[] = []
  const keys: TableLine[] = []
  const checks: TableLine[] = []
  const foreignKeys: TableLine[] = []
  const others: string[] = []
  const close = lines.findIndex((line, index) => index > 0 && line.startsWith(')'))
  for (const line of lines.slice(1, close)) {
    const text = line.trim().replace(/,$/, '')
    const name = /`((?:[^`]|``)*)`/.exec(text)?.[1]?.replaceAll('``', '`') ?? ''
    if (text.startsWith('`')) columns.push({ name, text })
    else if (text.startsWith('PRIMARY KEY')) keys.push({ name: 'PRIMARY', text })
    else if (/^(?:UNIQUE |FULLTEXT |SPATIAL |VECTOR )?KEY /.test(text)) keys.push({ name, text })
    else if (/^CONSTRAINT `(?:[^`]|``)*` FOREIGN KEY /.test(text)) foreignKeys.push({ name, text })
    else if (/^CONSTRAINT `(?:[^`]|``)*` CHECK /.test(text)) checks.push({ name, text })
    else others.push(text)
  }
  const tail = lines.slice(close).join('\n').slice(1).trim()
  const at = tail.search(/\n\s*(?:\/\*!\d+ )?PARTITION BY /)
  const options = (at === -1 ? tail : tail.slice(0, at)).trim()
  return {
    columns,
    keys,
    checks,
    foreignKeys,
    others,
    options: options.replace(/ AUTO_INCREMENT=\d+/, ''),
    partitioning: at === -1 ? undefined : tail.slice(at).trim(),
  }
}

/** Names are in double quotes where the SQL mode of a routine says ANSI_QUOTES. */
const name = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\\s@`"]+)'
const definer = new RegExp(`^(CREATE (?:OR REPLACE )?(?:ALGORITHM=\\w+ )?)DEFINER=${name}(?:@${name})? `)

/** Takes the definer out of a view, routine, trigger or event: whoever applies the changelog becomes it. */
export function withoutDefiner(sql: string): string {
  return sql.replace(definer, '$1')
}

/** A name in backticks. */
export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Takes a database's name off everything in a text that is not inside of a string. */
export function withoutDatabase(sql: string, database: string): string {
  const prefix = `${quote(database)}.`
  return sql.replaceAll(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`\.?/gs, (token) =>
    token === prefix ? '' : token,
  )
}
