/**
 * Where things are in a step group's pod: what the delegate builds pods by, and the runner and the entry script work by. Paths are absolute
 * and the same in every image.
 */
export const podLayout = {
  /** In the runner's image: what the init container copies to `bin`. */
  imageBusybox: '/opt/sluice/bin/busybox',
  imageEntry: '/opt/sluice/bin/entry',
  /** Volume `bin`: static busybox and entry script; read-only in step containers. Not in the runner. */
  bin: '/sluice/bin',
  /** Runner only, from the attempt's Secret, read-only: `task.json`, `token`, and in runtime mode `ticket`. */
  task: '/sluice/task',
  /** Runner only, mode `kubernetes`, read-only: a file per slot, named by the slot. */
  slots: '/sluice/slots',
  /** Runner only, an emptyDir: its own files (`SLUICE_ATTEMPT_DIR`). */
  attempt: '/sluice/attempt',
  /** Shared by all containers; the steps' working directory. */
  workspace: '/sluice/workspace',
  /** In a step container: its volumes `ctl-<id>` and `secrets-<id>` (memory). */
  ctl: '/sluice/ctl',
  secrets: '/sluice/secrets',
  /** Runner only: `<containers>/<id>/ctl` and `<containers>/<id>/secrets` are the volumes of container `<id>`. */
  containers: '/sluice/containers',
  /** In every container an emptyDir of its own. */
  temporary: '/tmp',
  /** Our user; also the group of everybody's files in shared volumes (`fsGroup`). */
  runnerUser: 65_532,
  group: 65_532,
  /** Step container `c<n>` runs as this plus n unless its step says otherwise, so that nobody can look at anybody's processes or files. */
  stepUserBase: 65_600,
} as const

/** Command of a step container. */
export function stepContainerCommand(id: string): string[] {
  return [`${podLayout.bin}/busybox`, 'sh', `${podLayout.bin}/entry`, id]
}

/**
 * Environment of the runner in a pod. `SLUICE_RELAY_PIN` is the base64 SHA-256 of the relay certificate's SubjectPublicKeyInfo (DER).
 */
export const podRunnerEnvironment = {
  SLUICE_ATTEMPT_DIR: podLayout.attempt,
  SLUICE_TASK_FILE: `${podLayout.task}/task.json`,
  SLUICE_ATTEMPT_TOKEN_FILE: `${podLayout.task}/token`,
  SLUICE_WORKSPACE: podLayout.workspace,
  SLUICE_CONTAINERS_DIR: podLayout.containers,
} as const
/** Beside those, `SLUICE_RELAY` and `SLUICE_RELAY_PIN`, and by the secret mode one of these two. */
export const podSecretEnvironment = {
  kubernetes: { SLUICE_SLOTS_DIR: podLayout.slots },
  runtime: { SLUICE_SECRET_TICKET_FILE: `${podLayout.task}/ticket` },
} as const
