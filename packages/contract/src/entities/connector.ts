import { z } from 'zod'
import { delegateTag, entityRef } from '../identifiers.ts'
import { anywhereHead } from './entity-head.ts'

const delegateSelectors = z.array(delegateTag).max(20).optional()

/** A user name in the open, or in a secret. */
const userName = { username: z.string().max(256).optional(), usernameRef: entityRef.optional() }

const gitAuthentication = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Anonymous') }),
  z.strictObject({
    type: z.literal('Http'),
    spec: z.strictObject({ ...userName, passwordRef: entityRef.optional(), tokenRef: entityRef.optional() }),
  }),
  z.strictObject({ type: z.literal('Ssh'), spec: z.strictObject({ sshKeyRef: entityRef }) }),
])

/** A Git repository, or an account whose repositories DB schemas name by `repo`. */
export const gitConnectorSpec = z.strictObject({
  url: z.string().min(1).max(2048),
  connectionType: z.enum(['Repo', 'Account']).default('Repo'),
  authentication: gitAuthentication.default({ type: 'Anonymous' }),
  delegateSelectors,
})

/** A database by its JDBC URL. Credentials in the URL are refused: they belong in secrets. */
export const jdbcConnectorSpec = z.strictObject({
  connectionUrl: z
    .string()
    .min(1)
    .max(2048)
    .refine((url) => !/[?&;](?:password|pwd)=/i.test(url) && !/\/\/[^/?#@]*:[^/?#@]*@/.test(url), {
      message: 'The connection URL must not hold a password.',
    }),
  auth: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('UsernamePassword'), spec: z.strictObject({ ...userName, passwordRef: entityRef }) }),
    z.strictObject({
      type: z.literal('DelegateCredentials'),
      spec: z.strictObject({ username: z.string().max(256).optional() }).optional(),
    }),
    z.strictObject({ type: z.literal('ServiceAccount'), spec: z.strictObject({ tokenRef: entityRef }) }),
  ]),
  delegateSelectors,
})

export const dockerRegistryConnectorSpec = z.strictObject({
  dockerRegistryUrl: z.string().min(1).max(2048),
  providerType: z.enum(['DockerHub', 'Harbor', 'Quay', 'Other']).default('Other'),
  auth: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('Anonymous') }),
      z.strictObject({ type: z.literal('UsernamePassword'), spec: z.strictObject({ ...userName, passwordRef: entityRef }) }),
      z.strictObject({ type: z.literal('DockerConfig'), spec: z.strictObject({ configRef: entityRef }) }),
    ])
    .default({ type: 'Anonymous' }),
  /** Names of our own images in this registry, where they are not the default ones. */
  images: z.strictObject({ runner: z.string().min(1).max(512).optional() }).optional(),
  /** Prefixes of image names and what takes their place: `docker.io/library: registry.example.com/hub`. The longest one wins. */
  mirrors: z
    .record(z.string().min(1).max(512), z.string().min(1).max(512))
    .refine((mirrors) => Object.keys(mirrors).length <= 100, 'At most 100 mirrors.')
    .optional(),
  delegateSelectors,
})

export const kubernetesConnectorSpec = z.strictObject({
  credential: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('InheritFromDelegate') }),
    z.strictObject({
      type: z.literal('ManualConfig'),
      spec: z.strictObject({
        masterUrl: z.string().min(1).max(2048),
        serviceAccountTokenRef: entityRef,
        caCertRef: entityRef.optional(),
      }),
    }),
  ]),
  delegateSelectors,
})

/** A typed way to something outside: a Git host, a database, an image registry, a cluster. */
export const connector = z
  .discriminatedUnion('type', [
    z.strictObject({ ...anywhereHead, type: z.literal('Git'), spec: gitConnectorSpec }),
    z.strictObject({ ...anywhereHead, type: z.literal('Jdbc'), spec: jdbcConnectorSpec }),
    z.strictObject({ ...anywhereHead, type: z.literal('DockerRegistry'), spec: dockerRegistryConnectorSpec }),
    z.strictObject({ ...anywhereHead, type: z.literal('K8sCluster'), spec: kubernetesConnectorSpec }),
  ])
  .meta({ id: 'Connector' })
export type Connector = z.infer<typeof connector>
export type DockerRegistryConnectorSpec = z.infer<typeof dockerRegistryConnectorSpec>
export type GitConnectorSpec = z.infer<typeof gitConnectorSpec>
export type JdbcConnectorSpec = z.infer<typeof jdbcConnectorSpec>
