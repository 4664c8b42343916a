import { AppError } from '@sluice/base'
import type { Scope } from '@sluice/contract'
import { type Db, getEntity } from '@sluice/store'
import { type Caller, canWrite, describePlace, type Place } from '../access/caller.ts'
import { inputInvalid } from '../http/register-endpoint.ts'

/** A place as answers show it: what is not there is left out. */
export function toScope({ org, project }: Place): Scope {
  return { ...(org === '' ? {} : { orgIdentifier: org }), ...(project === '' ? {} : { projectIdentifier: project }) }
}

/** The place that a scope in a body names; a project without its organization is one of `default`. */
export function fromScope({ orgIdentifier, projectIdentifier }: Scope): Place {
  return { org: orgIdentifier ?? (projectIdentifier === undefined ? '' : 'default'), project: projectIdentifier ?? '' }
}

/** Throws unless the place exists and the caller may act in it. */
export async function requirePlace(db: Db, caller: Caller, place: Place): Promise<void> {
  if (!canWrite(caller, place)) throw scopeRefused(caller, place)
  if (place.org === '') return
  const key =
    place.project === ''
      ? { kind: 'organization', org: '', project: '', identifier: place.org }
      : { kind: 'project', org: place.org, project: '', identifier: place.project }
  if ((await getEntity(db, key)) !== undefined) return
  throw inputInvalid([
    {
      path: [place.project === '' ? 'orgIdentifier' : 'projectIdentifier'],
      code: 'REFERENCE_MISSING',
      message: `There is no ${describePlace(place)}.`,
      hint: 'Create it first.',
    },
  ])
}

export function scopeRefused(caller: Caller, place: Place): AppError {
  return new AppError(
    'forbidden',
    'SCOPE_REFUSED',
    `"${caller.name}" may change things in ${describePlace(caller.scope)}, not in ${describePlace(place)}.`,
    { hint: 'Use an API key whose scope contains it.' },
  )
}
