/** One rule of a Role. */
export interface RoleRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[] | undefined
  readonly verbs: readonly string[]
}

/**
 * Everything that a delegate may do in a namespace of its jobs; the chart and the documentation say the same, and tests compare them. Secrets are
 * created and never read: whoever takes over the delegate reads no value that is not being handed out at that moment.
 */
export function jobNamespaceRules(options: { readonly networkPolicy: boolean }): RoleRule[] {
  const verbs = ['create', 'get', 'list', 'watch', 'delete']
  return [
    { apiGroups: [''], resources: ['pods'], verbs },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] },
    ...(options.networkPolicy ? [{ apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['create'] }] : []),
  ]
}

/** Everything that a delegate may do in its own namespace: make and read the Secrets of its keys. `create` cannot be limited to names. */
export function ownNamespaceRules(keySecrets: readonly string[]): RoleRule[] {
  return [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: keySecrets, verbs: ['get'] },
  ]
}
