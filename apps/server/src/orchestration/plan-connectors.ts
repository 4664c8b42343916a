import type { Connector, DockerRegistryConnectorSpec, RegistryCredential, SlotValue } from '@sluice/contract'
import type { PlanEntity } from '@sluice/store'
import type { Place } from '../access/caller.ts'
import { keyOf, type PlanEntities } from './plan-entities.ts'
import { parseRegistryUrl } from './plan-images.ts'
import type { PlanProblem } from './plan-problems.ts'
import type { SecretSlots } from './plan-secrets.ts'

export type ConnectorOf<Type extends Connector['type']> = Extract<Connector, { type: Type }>
export type FoundConnector<Body extends Connector> = PlanEntity & { readonly body: Body & Record<string, unknown> }

const purposes: Readonly<Record<Connector['type'], string>> = {
  Jdbc: 'a database',
  Git: 'a Git repository',
  DockerRegistry: 'an image registry',
  K8sCluster: 'a Kubernetes cluster',
}

/** The connector that `ref` names in a place; undefined, with the problem said, when there is none of this type. */
export function findConnector<Type extends Connector['type']>(
  entities: PlanEntities,
  place: Place,
  ref: string,
  type: Type,
  say: (code: string, message: string, hint?: string) => undefined,
): FoundConnector<ConnectorOf<Type>> | undefined {
  const found = entities.get(keyOf('connector', ref, place))
  if (found === undefined)
    return say('CONNECTOR_NOT_FOUND', `the connector "${ref}" does not exist.`, 'Create it, or correct the reference.')
  if (found.body['type'] !== type) {
    return say('CONNECTOR_TYPE', `the connector "${ref}" is not one for ${purposes[type]}.`, `Name a connector of type ${type}.`)
  }
  return found as unknown as FoundConnector<ConnectorOf<Type>>
}

/** Credentials of registry connectors for the kubelet, each connector once. */
export class RegistryCredentials {
  readonly list: RegistryCredential[] = []
  readonly #entities: PlanEntities
  readonly #slots: SecretSlots
  readonly #problems: PlanProblem[]
  readonly #known = new Set<string>()

  constructor(entities: PlanEntities, slots: SecretSlots, problems: PlanProblem[]) {
    this.#entities = entities
    this.#slots = slots
    this.#problems = problems
  }

  add(ref: string, found: FoundConnector<ConnectorOf<'DockerRegistry'>>): void {
    const key = JSON.stringify([found.org, found.project, found.identifier])
    if (this.#known.has(key)) return
    this.#known.add(key)
    const spec: DockerRegistryConnectorSpec = found.body.spec
    const { host } = parseRegistryUrl(spec.dockerRegistryUrl)
    const secret = (secretRef: string): SlotValue =>
      this.#slots.add({
        ref: secretRef,
        secret: this.#entities.get(keyOf('secret', secretRef, found)),
        use: 'registry',
        audience: host,
      })
    const common = { host, url: spec.dockerRegistryUrl, connector: ref }
    const { auth } = spec
    if (auth.type === 'DockerConfig') {
      this.list.push({ ...common, form: 'dockerconfigjson', config: secret(auth.spec.configRef) })
    } else if (auth.type === 'UsernamePassword') {
      const { username, usernameRef, passwordRef } = auth.spec
      if (username === undefined && usernameRef === undefined) {
        this.#problems.push({
          code: 'CONNECTOR_USER_MISSING',
          message: `The connector "${ref}" has a password and no user name.`,
          hint: 'Set username or usernameRef of its auth.spec.',
        })
        return
      }
      const user: SlotValue = usernameRef === undefined ? { kind: 'literal', text: username ?? '' } : secret(usernameRef)
      this.list.push({ ...common, form: 'dockercfg', username: user, password: secret(passwordRef) })
    }
  }
}
