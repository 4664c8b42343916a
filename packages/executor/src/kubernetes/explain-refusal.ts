import { AppError } from '@sluice/base'
import { KubeError } from './kube-client.ts'
import type { Words } from './judge-pod.ts'

/**
 * Why the API server did not make an object, as `AppError('unavailable', 'PLACEMENT_FAILED')`: what was refused, by which rule of the
 * cluster, and what to do.
 */
export function explainRefusal(error: unknown, what: string, namespace: string): AppError {
  const words = error instanceof KubeError ? refusalWords(error, what, namespace) : undefined
  if (words === undefined) {
    const { message, hint } = error instanceof AppError ? error : { message: `The ${what} could not be made.`, hint: undefined }
    return new AppError('unavailable', 'PLACEMENT_FAILED', message, { ...(hint === undefined ? {} : { hint }), cause: error })
  }
  return new AppError('unavailable', 'PLACEMENT_FAILED', words.what, { hint: words.hint, cause: error })
}

function refusalWords(error: KubeError, what: string, namespace: string): Words {
  const { message, reason, status } = error
  const subject = `The ${what} in namespace "${namespace}" was refused`
  // First of all: the account that is named here is the delegate's own, not one that a pod asks for.
  const [, resource] = /^.*User "[^"]*" cannot \w+ resource "([^"]+)"/.exec(message) ?? []
  if (status === 403 && resource !== undefined) {
    const off = resource === 'networkpolicies' ? ', or set SLUICE_DELEGATE_NETWORK_POLICY to off' : ''
    return {
      what: `${subject}: ${message}`,
      hint: `Give the delegate's account the documented Role in that namespace${off}; \`sluice delegate doctor\` lists what it lacks.`,
    }
  }
  if (/exceeded quota/i.test(message)) {
    return {
      what: `${subject}, because a quota of the namespace is used up: ${message}`,
      hint: 'Wait for other work to end, ask for less with resources, or have the quota raised (`kubectl describe quota`).',
    }
  }
  if (/failed quota|must specify/i.test(message)) {
    return {
      what: `${subject} by a quota: ${message}`,
      hint: 'Give the step resources with the limits and requests that the quota counts.',
    }
  }
  if (/serviceaccount|service account/i.test(message) && status === 403) {
    return {
      what: `${subject}: ${message}`,
      hint: 'Create the service account, or correct serviceAccountName of the step group.',
    }
  }
  if (/priorityclass/i.test(message)) {
    return { what: `${subject}: ${message}`, hint: 'Correct priorityClassName of the step group, or create the class.' }
  }
  if (/violates PodSecurity|podsecurity|pod security/i.test(message)) {
    return {
      what: `${subject} by Pod Security: ${message}`,
      hint: 'Leave out what the namespace does not admit, or use another namespace.',
    }
  }
  if (/maximum|minimum|limit range|limitrange/i.test(message) && status === 403) {
    return {
      what: `${subject} by a limit range: ${message}`,
      hint: 'Give the step resources within the limits of the namespace.',
    }
  }
  if (/namespaces? ".*" not found/i.test(message) || (status === 404 && reason === 'NotFound')) {
    return {
      what: `${subject}: the namespace does not exist.`,
      hint: 'Create the namespace with the rights of the delegate in it, or correct the step group.',
    }
  }
  if (/being terminated/i.test(message)) {
    return { what: `${subject}: the namespace is being deleted.`, hint: 'Use another namespace.' }
  }
  if (status === 401) {
    return {
      what: `${subject}: the API server does not know this delegate's credential.`,
      hint: 'Check its service account or its kubeconfig.',
    }
  }
  if (status === 403) {
    return {
      what: `${subject}: ${message}`,
      hint: 'An admission rule of the cluster refuses it: leave out what it names, or ask those who run the cluster.',
    }
  }
  if (status === 422 || status === 400) {
    return { what: `${subject} as invalid: ${message}`, hint: 'Correct the field of stepGroupInfra that the message names.' }
  }
  return { what: `${subject} (${status} ${reason}): ${message}`, hint: 'Look at the API server.' }
}
