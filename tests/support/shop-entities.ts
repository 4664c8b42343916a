import type { TestTarget } from './test-target.ts'

/** Entity YAML of one DB instance with everything it needs: secret, connectors, DB schema, and a pipeline that applies it. */
export function instanceEntities(options: {
  readonly name: string
  readonly repositoryDir: string
  readonly target: Pick<TestTarget, 'jdbcUrl' | 'user'>
  readonly location?: string
  readonly branch?: string
  /** Lines of the secret's `spec`, e.g. `{ provider: env, variable: X }`. */
  readonly secretSpec?: string
  readonly applyFields?: string
  /** Tags that a delegate must have, as a YAML list. */
  readonly selectors?: string
}): string {
  const {
    name,
    repositoryDir,
    target,
    location = 'changelog.sql',
    branch = 'main',
    secretSpec = '{ provider: sealed }',
    applyFields = '',
    selectors = '[]',
  } = options
  return `
secret: { identifier: ${name}_password, orgIdentifier: default, projectIdentifier: default, spec: ${secretSpec} }
---
connector: { identifier: ${name}_git, orgIdentifier: default, projectIdentifier: default, type: Git, spec: { url: ${JSON.stringify(repositoryDir)} } }
---
connector:
  identifier: ${name}_db
  orgIdentifier: default
  projectIdentifier: default
  type: Jdbc
  spec:
    connectionUrl: ${target.jdbcUrl}
    auth: { type: UsernamePassword, spec: { username: ${target.user}, passwordRef: ${name}_password } }
---
dbSchema: { identifier: ${name}, migrationType: Liquibase, changelog: { connector: ${name}_git, location: ${location} } }
---
dbInstance: { identifier: ${name}_instance, dbSchema: ${name}, connector: ${name}_db, branch: ${branch} }
---
pipeline:
  identifier: ${name}_pipeline
  name: ${name}
  orgIdentifier: default
  projectIdentifier: default
  stages:
    - stage:
        identifier: deploy
        name: deploy
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: database
                  name: database
                  delegateSelectors: ${selectors}
                  steps:
                    - step:
                        identifier: apply
                        name: apply
                        type: DBSchemaApply
                        timeout: 10m
                        spec: { migrationType: Liquibase, dbSchema: ${name}, dbInstance: ${name}_instance${applyFields} }
`
}
