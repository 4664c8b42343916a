/** The first word of a statement in upper case, past blanks, comments and stray semicolons; empty where there is none. */
export function leadingWord(sql: string): string {
  const pattern = /(?:\s+|;|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))*([A-Za-z_]*)/y
  return (pattern.exec(sql)?.[1] ?? '').toUpperCase()
}
