import type { Change, ChangeNode, Changelog, Changeset, ModelledChangeName, SourcePlace } from '@sluice/changelog'

const place: SourcePlace = { file: 'db.sql', line: 1, column: 1 }

/** A changeset as the parser would give it, from its id and its SQL or changes. */
export function changeset(id: string, content: string | readonly Change[], more: Partial<Changeset> = {}): Changeset {
  return {
    id,
    author: 'dev',
    path: 'db.sql',
    place,
    format: 'formattedSql',
    changes: typeof content === 'string' ? [sql(content)] : content,
    rollback: { kind: 'none' },
    context: undefined,
    inheritedContexts: [],
    labels: [],
    inheritedLabels: [],
    dbms: undefined,
    runOnChange: false,
    runAlways: false,
    failOnError: true,
    runInTransaction: true,
    ignore: false,
    runOrder: undefined,
    onValidationFail: 'HALT',
    validCheckSums: [],
    comment: '',
    preconditions: undefined,
    objectQuotingStrategy: 'LEGACY',
    modifySql: [],
    tag: undefined,
    ...more,
  }
}

export function sql(text: string, more: { splitStatements?: boolean; line?: number } = {}): Change {
  return {
    type: 'sql',
    text,
    splitStatements: more.splitStatements ?? true,
    stripComments: true,
    endDelimiter: undefined,
    dbms: undefined,
    comment: undefined,
    place: { ...place, line: more.line ?? 1 },
  }
}

export function modelled(
  name: ModelledChangeName,
  attributes: Readonly<Record<string, string>>,
  children: readonly ChangeNode[] = [],
): Change {
  return { type: 'modelled', name, node: { name, attributes, children, place }, file: undefined, place }
}

export function column(attributes: Readonly<Record<string, string>>): ChangeNode {
  return { name: 'column', attributes, children: [], place }
}

export function undoneBy(text: string): Pick<Changeset, 'rollback'> {
  return { rollback: { kind: 'changes', changes: [sql(text)], place } }
}

export function changelog(...changesets: readonly Changeset[]): Changelog {
  return { rootPath: 'db.sql', changesets, otherDatabases: [], preconditions: [], files: ['db.sql'], properties: {} }
}
