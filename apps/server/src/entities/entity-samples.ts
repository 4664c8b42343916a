import type { EntityKind } from '@sluice/contract'
import type { TestServer } from '../test-server.ts'

export const samplePipeline = (identifier: string): string => `pipeline:
  identifier: ${identifier}
  name: ${identifier}
  stages:
    - stage:
        identifier: s1
        name: s1
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup:
                  identifier: g1
                  name: g1
                  steps:
                    - step:
                        identifier: apply
                        name: apply
                        type: DBSchemaApply
                        timeout: 10m
                        spec:
                          migrationType: Liquibase
                          dbSchema: shop
                          dbInstance: dev
`

/** One valid body of every kind, in the order in which they can be created. For tests. */
export const samples: Readonly<Record<EntityKind, Record<string, unknown>>> = {
  organization: { identifier: 'acme', name: 'Acme' },
  project: { identifier: 'web', orgIdentifier: 'acme' },
  secret: { identifier: 'pw', orgIdentifier: 'default', projectIdentifier: 'default', spec: { provider: 'sealed' } },
  connector: {
    identifier: 'devdb',
    orgIdentifier: 'default',
    projectIdentifier: 'default',
    type: 'Jdbc',
    spec: {
      connectionUrl: 'jdbc:postgresql://DB.example.com/shop',
      auth: { type: 'UsernamePassword', spec: { username: 'shop', passwordRef: 'pw' } },
    },
  },
  dbSchema: {
    identifier: 'shop',
    migrationType: 'Liquibase',
    changelog: { connector: 'repo', location: 'db/changelog.yaml' },
  },
  dbInstance: { identifier: 'dev', dbSchema: 'shop', connector: 'devdb', branch: 'main', tags: { env: 'dev' } },
  pipeline: { identifier: 'deploy', yaml: samplePipeline('deploy') },
}

export const gitConnector = {
  identifier: 'repo',
  orgIdentifier: 'default',
  projectIdentifier: 'default',
  type: 'Git',
  spec: { url: 'https://git.example.com/shop.git' },
}

const paths: Readonly<Record<EntityKind, string>> = {
  organization: 'organizations',
  project: 'projects',
  secret: 'secrets',
  connector: 'connectors',
  dbSchema: 'db-schemas',
  dbInstance: 'db-instances',
  pipeline: 'pipelines',
}

export const pathOf = (kind: EntityKind): string => `/api/v1/${paths[kind]}`

/** Where a sample is read, changed and deleted. */
export function addressOf(kind: EntityKind): string {
  const { identifier, orgIdentifier, projectIdentifier } = samples[kind] as Record<string, string>
  const query = new URLSearchParams()
  if (kind === 'project' || kind === 'secret' || kind === 'connector') query.set('orgIdentifier', orgIdentifier ?? 'default')
  if (kind === 'secret' || kind === 'connector') query.set('projectIdentifier', projectIdentifier ?? 'default')
  return `${pathOf(kind)}/${String(identifier)}${query.size > 0 ? `?${query.toString()}` : ''}`
}

/** A record with the shape of a sealed value for the sample secret. Nobody can open it. */
export function sampleSealedValue(
  version: number,
  changes: Record<string, unknown> = {},
): { version: number; record: Record<string, unknown> } {
  const bytes = (count: number): string => Buffer.alloc(count, 7).toString('base64url')
  return {
    version,
    record: {
      v: 1,
      scope: { org: 'default', project: 'default' },
      secretId: 'pw',
      version,
      recipients: [{ keyId: '0123456789abcdef0123456789abcdef', enc: bytes(32), wrappedKey: bytes(48) }],
      nonce: bytes(12),
      ciphertext: bytes(256 + 16),
      ...changes,
    },
  }
}

/** Where the sample secret's value is stored. */
export const sampleValueAddress = '/api/v1/secrets/pw/value?projectIdentifier=default'

/** Creates one of every kind. */
export async function createSamples(server: TestServer): Promise<void> {
  for (const kind of Object.keys(samples) as EntityKind[]) {
    if (kind === 'dbSchema') await server.call('POST', pathOf('connector'), { body: gitConnector })
    const made = await server.call('POST', pathOf(kind), { body: samples[kind] })
    if (made.status !== 201) throw new Error(`${kind}: ${JSON.stringify(made.body)}`)
  }
}
