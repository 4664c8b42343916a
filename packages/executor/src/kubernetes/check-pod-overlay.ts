import { checkPodOverlay, overlayField } from '@sluice/pipeline'
import type { Diagnostic } from '@sluice/base'
import { type PodAllowance, type PodRule, refusal } from './pod-allowance.ts'
import type { Pod, PodSpec } from './kube-types.ts'
import { cleanPath, mountPathProblem } from './mount-paths.ts'
import { ownNamePrefix } from './object-names.ts'

/** Longer than any statement needs to be cancelled; a pod that is deleted stays for as long. */
const graceSecondsMax = 3_600

/** Sources of a projected volume that give a step nothing of the cluster's but what it may read anyway. */
const projectedKinds = new Set(['configMap', 'downwardAPI', 'secret', 'serviceAccountToken', 'clusterTrustBundle'])

/**
 * Everything in a pod overlay that this delegate does not merge into the pod it was built for, by field. Code `POD_REFUSED`. Whether what comes
 * of it meets the Pod Security Standard is for `checkPodSecurity` to say, of the merged pod.
 */
export function podOverlayDiagnostics(
  pod: Pod,
  overlay: object,
  allowance: PodAllowance,
  matches: (pattern: string, name: string) => boolean,
): Diagnostic[] {
  // The control plane has checked this too; a delegate takes nobody's word for what gets into its cluster.
  const problems = checkPodOverlay(overlay).map(({ path, message, hint }) =>
    refusal(overlayField(path), `podSpecOverlay: ${message}`, hint ?? 'Leave it out.'),
  )
  if (problems.length > 0) return problems
  const asked = overlay as Partial<PodSpec>
  return [
    ...guarded(asked, allowance),
    ...graceDiagnostics(pod, asked),
    ...volumeDiagnostics(pod, asked, allowance, matches),
    ...containerDiagnostics(pod, asked),
  ]
}

/** Both lead names to other addresses than the delegate's name servers do, and a password is sealed for a name. */
function guarded(asked: Partial<PodSpec>, { rules }: PodAllowance): Diagnostic[] {
  return (['hostAliases', 'dnsConfig'] as const).flatMap((name) =>
    (asked[name] ?? null) === null || rules.includes(name)
      ? []
      : notAllowed(`spec.${name}`, 'leads names to addresses of its own choice: this delegate does not allow it.', name),
  )
}

function graceDiagnostics({ spec }: Pod, { terminationGracePeriodSeconds: asked }: Partial<PodSpec>): Diagnostic[] {
  const least = spec.terminationGracePeriodSeconds ?? 0
  if ((asked ?? null) === null || (asked !== undefined && asked >= least && asked <= graceSecondsMax)) return []
  return [
    refusal(
      'spec.terminationGracePeriodSeconds',
      `podSpecOverlay: "spec.terminationGracePeriodSeconds" cannot be ${String(asked)}: a statement that is stopped needs its time.`,
      `Write ${String(least)} (this delegate's own, SLUICE_DELEGATE_POD_GRACE_SECONDS) to ${String(graceSecondsMax)}.`,
    ),
  ]
}

type Json = Readonly<Record<string, unknown>>

function volumeDiagnostics(
  { spec }: Pod,
  { volumes }: Partial<PodSpec>,
  { secrets, rules }: PodAllowance,
  matches: (pattern: string, name: string) => boolean,
): Diagnostic[] {
  const ours = new Set((spec.volumes ?? []).map(({ name }) => name))
  return (volumes ?? []).flatMap((volume, index) => {
    const field = `spec.volumes[${index}]`
    const found: Diagnostic[] = []
    const kinds = Object.entries(volume).filter(([kind, source]) => kind !== 'name' && source !== null)
    if (ours.has(volume.name)) {
      found.push(overlayRefusal(field, `has the name of one of the pod's own volumes, "${volume.name}".`, 'Choose another name.'))
    }
    if (kinds.length !== 1 || !kinds.every(([, source]) => isObject(source))) {
      found.push(overlayRefusal(field, 'needs exactly one source, a mapping.', 'Write for example configMap: {name: settings}.'))
    }
    for (const [kind, source] of kinds) {
      if (!isObject(source)) continue
      const { path } = source as Json
      if (kind === 'hostPath' && typeof path !== 'string') {
        found.push(overlayRefusal(`${field}.hostPath.path`, 'has to be a text.', 'Write the folder of the node.'))
      }
      for (const name of secretsOf(kind, source)) {
        // Also not by a policy that allows all: these are other attempts' values.
        const isOwn = typeof name !== 'string' || name.startsWith(ownNamePrefix)
        if (isOwn)
          found.push(overlayRefusal(field, `mounts a Secret that is not an author's to mount.`, 'Use a Sluice secret instead.'))
        else if (!secrets.some((pattern) => matches(pattern, name))) {
          const hint = "Use a Sluice secret, or have the delegate's operator add it to pods.secrets in its policy file."
          found.push(overlayRefusal(field, `mounts the Secret "${name}", which this delegate does not allow.`, hint))
        }
      }
      if (kind === 'image') {
        // The policy's list of images is about containers, and would not be asked.
        found.push(
          overlayRefusal(`${field}.image`, 'is no kind of volume that step groups may have.', 'Use the image in a Run step.'),
        )
      }
      if (kind === 'projected') found.push(...projectedDiagnostics(source, field, rules))
    }
    return found
  })
}

/** What of a projected volume gives an identity to steps. */
function projectedDiagnostics(source: object, field: string, rules: readonly PodRule[]): Diagnostic[] {
  const { sources } = source as Json
  if (!Array.isArray(sources))
    return [
      overlayRefusal(
        `${field}.projected`,
        'needs "sources", a list.',
        'Write for example sources: [{configMap: {name: settings}}].',
      ),
    ]
  return sources.flatMap((item: unknown, index): Diagnostic[] => {
    const here = `${field}.projected.sources[${index}]`
    const kinds = isObject(item) ? Object.keys(item) : []
    return kinds.flatMap((kind) => {
      if (kind === 'serviceAccountToken' && !rules.includes('serviceAccountToken')) {
        return notAllowed(`${here}.${kind}`, "gives the service account's token to steps: this delegate does not allow it.", kind)
      }
      return projectedKinds.has(kind)
        ? []
        : overlayRefusal(`${here}.${kind}`, 'is no source that step groups may have.', 'Leave it out.')
    })
  })
}

/**
 * The names of Secrets that a volume's source reads, wherever that kind of volume has them; `undefined` for one that is not written as a name.
 */
function secretsOf(kind: string, source: object): unknown[] {
  if (kind === 'secret') return [(source as Json)['secretName']]
  return Object.entries(source).flatMap(([key, value]): unknown[] => {
    if (key === 'secretName') return [value]
    if (/secretRef$/i.test(key)) return [isObject(value) ? (value as Json)['name'] : undefined]
    if (kind === 'projected' && key === 'sources' && Array.isArray(value)) {
      return value.flatMap((item: unknown) =>
        isObject(item) && Object.hasOwn(item, 'secret') ? secretNameIn((item as Json)['secret']) : [],
      )
    }
    return isObject(value) ? secretsOf('', value) : []
  })
}

function secretNameIn(secret: unknown): unknown[] {
  return [isObject(secret) ? (secret as Json)['name'] : undefined]
}

/** Containers that exist get more resources and more volumes; there are no others, and what they mount stays theirs. */
function containerDiagnostics({ spec }: Pod, { containers, volumes }: Partial<PodSpec>): Diagnostic[] {
  const added = new Set((volumes ?? []).map(({ name }) => name))
  return (containers ?? []).flatMap((container, index) => {
    const field = `spec.containers[${index}]`
    const known = spec.containers.find(({ name }) => name === container.name)
    if (known === undefined) {
      const names = spec.containers.map(({ name }) => name).join(', ')
      return overlayRefusal(field, `is called "${container.name}": the pod has no such container.`, `There are ${names}.`)
    }
    const taken = new Set((known.volumeMounts ?? []).map(({ mountPath }) => cleanPath(mountPath)))
    return (container.volumeMounts ?? []).flatMap((mount, at) => {
      const here = `${field}.volumeMounts[${at}]`
      if (!added.has(mount.name)) {
        const hint = 'Add a volume of that name to spec.volumes of the overlay.'
        return overlayRefusal(here, `mounts "${mount.name ?? ''}", which is no volume of the overlay.`, hint)
      }
      const problem = mountPathProblem(mount.mountPath)
      if (problem !== undefined) return overlayRefusal(here, problem.message, problem.hint)
      if (taken.has(cleanPath(mount.mountPath))) {
        return overlayRefusal(here, `"${mount.mountPath}" is mounted already.`, 'Give each volume a path of its own.')
      }
      taken.add(cleanPath(mount.mountPath))
      return []
    })
  })
}

function notAllowed(field: string, problem: string, rule: string): Diagnostic {
  const hint = `Leave it out, or have the delegate's operator add ${rule} to pods.allow in its policy file.`
  return overlayRefusal(field, problem, hint)
}

function overlayRefusal(field: string, problem: string, hint: string): Diagnostic {
  return refusal(field, `podSpecOverlay: "${field}" ${problem}`, hint)
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
