import { equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '@sluice/base'
import { explainRefusal } from './explain-refusal.ts'
import { KubeError } from './kube-client.ts'

const refused = (status: number, message: string, reason = 'Forbidden'): AppError =>
  explainRefusal(new KubeError(status, reason, message, 'POST pods'), 'pod of the step group', 'jobs')

describe('a refusal of the API server', () => {
  it('names the object, the namespace, the rule and what to do', () => {
    const cases: readonly [number, string, RegExp, RegExp][] = [
      [
        403,
        'exceeded quota: small, requested: pods=1',
        /quota of the namespace is used up: exceeded quota: small/,
        /quota raised/,
      ],
      [403, 'failed quota: small: must specify limits.cpu', /by a quota/, /limits and requests/],
      [403, 'error looking up service account jobs/nobody', /service account jobs\/nobody/, /Create the service account/],
      [403, 'no PriorityClass with name high was found', /PriorityClass/, /priorityClassName/],
      [403, 'violates PodSecurity "restricted:latest"', /by Pod Security/, /does not admit/],
      [403, 'maximum cpu usage per Container is 1', /by a limit range/, /within the limits/],
      [404, 'namespaces "jobs" not found', /the namespace does not exist/, /Create the namespace/],
      [403, 'because it is being terminated', /is being deleted/, /another namespace/],
      [401, 'Unauthorized', /does not know this delegate's credential/, /kubeconfig/],
      [
        403,
        'pods is forbidden: User "x" cannot create resource "pods" in API group ""',
        /cannot create/,
        /documented Role in that namespace;/,
      ],
      [
        403,
        'networkpolicies.networking.k8s.io is forbidden: User "system:serviceaccount:a:b" cannot create resource "networkpolicies"',
        /cannot create/,
        /documented Role.*SLUICE_DELEGATE_NETWORK_POLICY to off/,
      ],
      [403, 'admission webhook "policy.example" denied the request: no', /denied the request/, /admission rule/],
      [422, 'spec.containers[0].image: Required value', /as invalid/, /stepGroupInfra/],
      [500, 'etcdserver: request timed out', /500/, /API server/],
    ]
    for (const [status, message, what, hint] of cases) {
      const error = refused(status, message, status === 404 ? 'NotFound' : 'Forbidden')
      equal(error.code, 'PLACEMENT_FAILED')
      match(error.message, /^The pod of the step group in namespace "jobs" was refused/)
      match(error.message, what)
      match(error.hint ?? '', hint)
    }
  })

  it('keeps the words of other errors, and repeats nothing of unknown ones', () => {
    const known = new AppError('unavailable', 'CLUSTER_AWAY', 'The cluster cannot be reached.', { hint: 'Wait.' })
    const told = explainRefusal(known, 'pod', 'jobs')
    equal(`${told.code} ${told.message} ${told.hint ?? ''}`, 'PLACEMENT_FAILED The cluster cannot be reached. Wait.')
    equal(explainRefusal(new Error('token=secret'), 'pod', 'jobs').message, 'The pod could not be made.')
  })
})
