import type { SqlVisitor } from '@sluice/changelog'

/** One statement after a changeset's `modifySql` visitors, in the order written. Which visitors apply is decided before. */
export function modifySql(sql: string, visitors: readonly SqlVisitor[]): string {
  return visitors.reduce(applyVisitor, sql)
}

function applyVisitor(sql: string, visitor: SqlVisitor): string {
  const attribute = (name: string): string => visitor.attributes[name] ?? ''
  switch (visitor.name) {
    case 'append':
      return sql + attribute('value')
    case 'appendSqlIfNotPresent':
      return sql.endsWith(attribute('value')) ? sql : sql + attribute('value')
    case 'prepend':
      return attribute('value') + sql
    case 'replace':
      return sql.replaceAll(attribute('replace'), () => attribute('with'))
    case 'regExpReplace':
      return sql.replace(new RegExp(attribute('replace'), 'g'), attribute('with'))
  }
}
