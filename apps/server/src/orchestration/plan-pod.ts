import {
  type ContainerResources,
  type Infra,
  type KubernetesInfra,
  kubernetesInfra,
  type RegistryCredential,
  type StepContainer,
} from '@sluice/contract'
import { checkPodOverlay, type DbStepTarget, type GroupInfraTarget, type RunStepTarget } from '@sluice/pipeline'
import type { AccountSettings } from '@sluice/store'
import type { Place } from '../access/caller.ts'
import { serverVersion } from '../version.ts'
import { type ConnectorOf, findConnector, type FoundConnector, RegistryCredentials } from './plan-connectors.ts'
import { keyOf, type PlanEntities } from './plan-entities.ts'
import { chooseImage, isImageName } from './plan-images.ts'
import type { PlanProblem } from './plan-problems.ts'
import { maxLimits } from './plan-resources.ts'
import type { SecretSlots } from './plan-secrets.ts'

/** A Run step with the slots that its order may name. */
export interface PlannedScript {
  readonly target: RunStepTarget
  readonly path: string
  readonly slots: readonly string[]
}

export interface PodRequest {
  readonly infra: GroupInfraTarget
  readonly place: Place
  readonly groupPath: string
  readonly settings: AccountSettings
  readonly databases: readonly { readonly target: DbStepTarget; readonly path: string }[]
  readonly scripts: readonly PlannedScript[]
}

export interface PlannedPod {
  readonly infra: Infra
  readonly containers: readonly StepContainer[]
  readonly registries: readonly RegistryCredential[]
  /** Those that the group's delegate has to reach or use: their selectors count. */
  readonly connectors: readonly FoundConnector<ConnectorOf<'DockerRegistry' | 'K8sCluster'>>[]
  /** Container of each Run step, by its id. */
  readonly containerOf: ReadonlyMap<string, string>
}

/** Every connector that a pod of this group needs, to be read beforehand. */
export function podConnectorRefs({ infra, databases, scripts }: Pick<PodRequest, 'infra' | 'databases' | 'scripts'>): string[] {
  const refs = [
    infra.connectorRef,
    infra.imageConnectorRef,
    ...[...databases, ...scripts].map(({ target }) => target.connectorRef),
  ]
  return [...new Set(refs.filter((ref) => ref !== undefined))]
}

/** Turns a Kubernetes group into what a delegate builds its pod from. What does not fit is said all at once. */
export function planPod(request: PodRequest, entities: PlanEntities, slots: SecretSlots, problems: PlanProblem[]): PlannedPod {
  const { infra, place, settings, groupPath } = request
  const say =
    (what: string) =>
    (code: string, message: string, hint?: string): undefined => {
      problems.push({ code, message: `${what}: ${message}`, hint })
      return undefined
    }
  const connectors: FoundConnector<ConnectorOf<'DockerRegistry' | 'K8sCluster'>>[] = []
  const credentials = new RegistryCredentials(entities, slots, problems)
  const useRegistry = (ref: string, what: string): FoundConnector<ConnectorOf<'DockerRegistry'>> | undefined => {
    const found = findConnector(entities, place, ref, 'DockerRegistry', say(what))
    if (found === undefined) return undefined
    connectors.push(found)
    if (settings.registryCredentials === 'connectors') credentials.add(ref, found)
    return found
  }
  const imageOf = (image: string, found: FoundConnector<ConnectorOf<'DockerRegistry'>> | undefined, what: string): string => {
    if (!isImageName(image)) {
      say(what)('IMAGE_INVALID', `"${image.slice(0, 200)}" is not the name of an image.`, 'Write for example team/app:1.2.')
      return image.slice(0, 200)
    }
    const chosen = chooseImage({ image, connector: found?.body.spec, imageRegistry: settings.imageRegistry })
    if (chosen.otherHost !== undefined) {
      const message = `the image "${image}" is in another registry than its connector "${found?.identifier ?? ''}".`
      say(what)('IMAGE_OF_OTHER_REGISTRY', message, 'Name a connector for that registry, or write the image without a registry.')
    }
    return chosen.image
  }

  const group = `Step group "${groupPath}"`
  const cluster = findConnector(entities, place, infra.connectorRef, 'K8sCluster', say(group))
  if (cluster !== undefined) {
    connectors.push(cluster)
    if (cluster.body.spec.credential.type !== 'InheritFromDelegate') {
      const message = `the connector "${infra.connectorRef}" has credentials of its own, which cannot be used yet.`
      say(group)(
        'CLUSTER_CREDENTIAL_UNSUPPORTED',
        message,
        'Use InheritFromDelegate, run a delegate with access to that cluster, and lead groups to it by the connector’s delegateSelectors.',
      )
    }
  }
  const containers = planContainers(request, (ref, image, what) =>
    imageOf(image, ref === undefined ? undefined : useRegistry(ref, what), what),
  )
  const { options, imageConnectorRef: _connector, type: _type, connectorRef: connector, ...texts } = infra
  const { initTimeoutMs, sharedPaths, imagePullPolicy, secretMode: _secretMode, ...rest } = options
  for (const { message, hint } of checkPodOverlay(infra.podSpecOverlay)) {
    say(group)('POD_OVERLAY_INVALID', `podSpecOverlay of stepGroupInfra: ${message}`, hint)
  }
  const planned: unknown = {
    type: 'kubernetes',
    connector,
    ...texts,
    ...rest,
    ...(sharedPaths === undefined ? {} : { sharedPaths }),
    initTimeoutMs,
    pullSecrets: settings.registryCredentials,
    runner: planRunner(request, imagePullPolicy, (ref) => {
      const found = useRegistry(ref, group)
      return found === undefined ? undefined : imageOf(runnerImage(settings, found.body.spec.images?.runner), found, group)
    }),
  }
  return {
    infra: checkInfra(planned, problems, group),
    ...containers,
    registries: credentials.list,
    connectors,
  }
}

/** The name of the runner's image in a registry of the user's. */
function runnerImage(settings: AccountSettings, ofConnector: string | undefined): string {
  if (ofConnector !== undefined) return ofConnector
  return settings.runnerImage === '' ? `sluice:${serverVersion}` : settings.runnerImage
}

/** Database steps run in the runner's container: in the image from the connector that they name, with the largest of their limits. */
function planRunner(
  { infra, databases, settings }: PodRequest,
  pullPolicy: KubernetesInfra['runner']['pullPolicy'],
  imageFrom: (ref: string) => string | undefined,
): KubernetesInfra['runner'] {
  const ref = databases.map(({ target }) => target.connectorRef).find((name) => name !== undefined) ?? infra.imageConnectorRef
  const resources: ContainerResources | undefined = maxLimits(databases.map(({ target }) => target.resources))
  const ofAccount =
    settings.runnerImage === ''
      ? undefined
      : chooseImage({ image: settings.runnerImage, connector: undefined, imageRegistry: settings.imageRegistry }).image
  const image = ref === undefined ? ofAccount : imageFrom(ref)
  return {
    ...(image === undefined ? {} : { image }),
    ...(pullPolicy === undefined ? {} : { pullPolicy }),
    ...(resources === undefined ? {} : { resources }),
  }
}

/** One container for all scripts with the same image, secrets and user that never run at the same time. */
function planContainers(
  { scripts, infra }: PodRequest,
  imageFrom: (ref: string | undefined, image: string, what: string) => string,
): Pick<PlannedPod, 'containers' | 'containerOf'> {
  const groups = new Map<string, { image: string; members: PlannedScript[] }>()
  for (const script of scripts) {
    const { target, path, slots } = script
    const image = imageFrom(target.connectorRef, target.image ?? '', `Step "${path}"`)
    const pullPolicy = target.imagePullPolicy ?? infra.options.imagePullPolicy
    const key = JSON.stringify([image, [...slots].toSorted(), target.lane, target.runAsUser, target.privileged, pullPolicy])
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { image, members: [script] })
    else known.members.push(script)
  }
  const containerOf = new Map<string, string>()
  const containers = [...groups.values()].map(({ image, members }, index): StepContainer => {
    const id = `c${String(index + 1)}`
    for (const { target } of members) containerOf.set(target.stepRunId, id)
    const [first] = members
    const pullPolicy = first?.target.imagePullPolicy ?? infra.options.imagePullPolicy
    const resources = maxLimits(members.map(({ target }) => target.resources))
    return {
      id,
      image,
      ...(pullPolicy === undefined ? {} : { pullPolicy }),
      ...(resources === undefined ? {} : { resources }),
      ...(first?.target.runAsUser === undefined ? {} : { runAsUser: first.target.runAsUser }),
      ...(first?.target.privileged === undefined ? {} : { privileged: first.target.privileged }),
      stepRunIds: members.map(({ target }) => target.stepRunId),
      slots: [...(first?.slots ?? [])],
    }
  })
  return { containers, containerOf }
}

/** Texts that came from expressions may be too long for Kubernetes: said with the field, before anything is placed. */
function checkInfra(planned: unknown, problems: PlanProblem[], group: string): Infra {
  const result = kubernetesInfra.safeParse(planned)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    problems.push({
      code: 'GROUP_INFRA_INVALID',
      message: `${group}: "${issue.path.join('.')}" of stepGroupInfra: ${issue.message}.`,
    })
  }
  return { type: 'process' }
}

/** Keys of entities for `podConnectorRefs`. */
export function podConnectorKeys(refs: readonly string[], place: Place): ReturnType<typeof keyOf>[] {
  return refs.map((ref) => keyOf('connector', ref, place))
}
