import type { Secret, SecretSlot, SlotValue } from '@sluice/contract'
import type { PlanEntity } from '@sluice/store'
import type { PlanProblem } from './plan-problems.ts'

/** A secret that a connector names, with what it is for. */
export interface SecretUse {
  /** As the connector writes it, for messages. */
  readonly ref: string
  readonly secret: PlanEntity | undefined
  readonly use: SecretSlot['use']
  /** What the value will be presented to. */
  readonly audience: string
}

/** Turns secrets into slots: each secret once per use and audience. Values are never here; what is sealed goes on as it is. */
export class SecretSlots {
  readonly slots: SecretSlot[] = []
  readonly #problems: PlanProblem[]
  readonly #known = new Map<string, string>()
  #recipients: readonly string[] | undefined

  constructor(problems: PlanProblem[]) {
    this.#problems = problems
  }

  /** Key ids that every sealed secret so far is sealed to; undefined when none is sealed. */
  get recipients(): readonly string[] | undefined {
    return this.#recipients
  }

  /** The slot that stands for a secret in a task. */
  add({ ref, secret, use, audience }: SecretUse): SlotValue {
    if (secret === undefined) {
      this.#problems.push({
        code: 'SECRET_NOT_FOUND',
        message: `The secret "${ref}" does not exist.`,
        hint: 'Create it with `sluice secret set`.',
      })
      return { kind: 'slot', slot: '' }
    }
    const { org, project, identifier } = secret
    const key = JSON.stringify([org, project, identifier, use, audience])
    const known = this.#known.get(key)
    if (known !== undefined) return { kind: 'slot', slot: known }
    const body = secret.body as unknown as Secret
    const source = this.#sourceOf(ref, body, secret)
    const slot = `s${String(this.slots.length + 1)}`
    this.#known.set(key, slot)
    if (source !== undefined) {
      this.slots.push({
        slot,
        secretId: identifier,
        scope: { ...(org === '' ? {} : { org }), ...(project === '' ? {} : { project }) },
        version: secret.sealed?.version ?? 1,
        type: body.type,
        source,
        use,
        audience,
      })
    }
    return { kind: 'slot', slot }
  }

  #sourceOf(ref: string, { spec }: Secret, { sealed }: PlanEntity): SecretSlot['source'] | undefined {
    if (spec.provider === 'env') return { kind: 'env', variable: spec.variable }
    if (spec.provider === 'file') return { kind: 'file', path: spec.path }
    if (sealed === null) {
      this.#problems.push({
        code: 'SECRET_HAS_NO_VALUE',
        message: `The secret "${ref}" has no value yet.`,
        hint: 'Set it with `sluice secret set`.',
      })
      return undefined
    }
    const { recipients } = sealed
    this.#recipients =
      this.#recipients === undefined ? recipients : this.#recipients.filter((keyId) => recipients.includes(keyId))
    return { kind: 'sealed', record: sealed.record }
  }
}
