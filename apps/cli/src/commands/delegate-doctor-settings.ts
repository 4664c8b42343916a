import { AppError, toAppError } from '@sluice/base'
import type { Check } from './doctor.ts'

/** Options of `sluice delegate doctor`; what is not given comes from the delegate's own variables. */
export interface DelegateDoctorOptions {
  readonly namespaces?: string
  readonly kubeconfig?: string
  readonly image?: string
  readonly relayUrl?: string
  readonly pod: boolean
  /** Seconds. */
  readonly timeout: number
}

/** What a delegate is told about its cluster (`docs/env.md`), as much as is checked. */
export interface DoctorSettings {
  readonly namespaces: readonly string[]
  readonly image: string | undefined
  readonly imagePullSecrets: readonly string[]
  readonly relayUrl: string | undefined
  readonly networkPolicy: boolean
  readonly keySecrets: readonly string[]
  /** The delegate's data folder, for its relay's key. */
  readonly dir: string | undefined
  readonly podTimeoutMs: number
}

/** A failure of ours or of the cluster as a check that failed. */
export function failedCheck(name: string, thrown: unknown): Check {
  const { message, hint } = toAppError(thrown)
  return { name, ok: false, detail: message, ...(hint === undefined ? {} : { hint }) }
}

/** Throws `AppError('invalid', 'DOCTOR_NO_NAMESPACE')`. */
export function readDoctorSettings(env: NodeJS.ProcessEnv, options: DelegateDoctorOptions): DoctorSettings {
  const list = (text: string | undefined): string[] => (text ?? '').split(',').flatMap((item) => item.trim() || [])
  const namespaces = list(options.namespaces ?? env['SLUICE_DELEGATE_NAMESPACES'])
  if (namespaces.length === 0) {
    throw new AppError('invalid', 'DOCTOR_NO_NAMESPACE', 'There is no namespace for step groups to look at.', {
      hint: 'Give --namespaces, or run this where the delegate runs, with its SLUICE_DELEGATE_NAMESPACES.',
    })
  }
  return {
    namespaces,
    image: options.image ?? env['SLUICE_DELEGATE_IMAGE'],
    imagePullSecrets: list(env['SLUICE_DELEGATE_IMAGE_PULL_SECRETS']),
    relayUrl: options.relayUrl ?? env['SLUICE_DELEGATE_RELAY_URL'],
    networkPolicy: env['SLUICE_DELEGATE_NETWORK_POLICY'] === 'on',
    keySecrets: ['SLUICE_DELEGATE_KEY_SECRET', 'SLUICE_DELEGATE_INSTANCE_SECRET'].flatMap((name) => env[name] ?? []),
    dir: env['SLUICE_DELEGATE_DIR'],
    podTimeoutMs: options.timeout * 1000,
  }
}
