import { parseGitUrl } from './git-url.ts'
import { matchesAnyGlob, matchesGlob, matchesTarget } from './glob.ts'
import { matchesImagePrefix } from './image-name.ts'
import type { DelegatePolicy, SecretRule } from './policy.ts'
import { coversTask, formatReference, isOwnVariable } from './reference.ts'
import type { SecretReference, TaskScope } from './reference.ts'

/** Everything a task asks of the delegate that a policy can refuse. */
export interface PolicyRequest {
  readonly scope: TaskScope
  /** Canonical target keys. */
  readonly targets?: readonly string[] | undefined
  /** As Git would get them. */
  readonly gitUrls?: readonly string[] | undefined
  readonly images?: readonly string[] | undefined
  readonly secrets?: readonly SecretReference[] | undefined
  /** Paths of the steps that run commands of the pipeline's author. */
  readonly scripts?: readonly string[] | undefined
  readonly namespace?: string | undefined
  readonly serviceAccount?: string | undefined
}

/** One thing that the policy does not allow. */
export interface PolicyViolation {
  /** The policy's field: `targets`, `secrets.env`, … */
  readonly rule: string
  /** What was asked for. */
  readonly thing: string
  /** One sentence. */
  readonly message: string
  /** What an operator of the delegate can do. */
  readonly hint: string
  /** The slot, where it is about a secret. */
  readonly slot?: string | undefined
}

/** All that a request asks for and the policy does not allow; empty when it may run. */
export function checkPolicy(policy: DelegatePolicy, request: PolicyRequest): PolicyViolation[] {
  const project = `${request.scope.org}/${request.scope.project}`
  const where = policy.file === undefined ? 'a policy file on the delegate' : `${policy.file} on the delegate`
  const refuse = (rule: string, thing: string, what: string, hint?: string): PolicyViolation[] => [
    {
      rule,
      thing,
      message: `The delegate’s policy does not allow ${what} (${rule}).`,
      hint: hint ?? `If it should, add it to ${rule} in ${where}.`,
    },
  ]
  const listed = (
    rule: string,
    allowed: readonly string[] | undefined,
    things: readonly string[] | undefined,
    kind: string,
    matches: (pattern: string, thing: string) => boolean,
  ): PolicyViolation[] =>
    allowed === undefined
      ? []
      : distinct(things).flatMap((thing) =>
          allowed.some((pattern) => matches(pattern, thing)) ? [] : refuse(rule, thing, `${kind} "${thing}"`),
        )
  const optional = (text: string | undefined): readonly string[] => (text === undefined ? [] : [text])

  return [
    ...listed('projects', policy.projects, [project], 'project', matchesGlob),
    ...listed(
      'targets',
      policy.targets,
      request.targets?.filter((target) => !isFile(target)),
      'target',
      matchesTarget,
    ),
    // A file of the delegate's own host: whoever writes connectors must not choose it alone.
    ...listed('targets', (policy.targets ?? []).filter(isFile), request.targets?.filter(isFile), 'database file', matchesGlob),
    ...listed('images', policy.images, request.images, 'image', matchesImagePrefix),
    ...listed('namespaces', policy.namespaces, optional(request.namespace), 'namespace', matchesGlob),
    ...listed(
      'serviceAccounts',
      policy.serviceAccounts ?? ['default'],
      optional(request.serviceAccount),
      'service account',
      matchesGlob,
    ),
    ...distinct(request.gitUrls).flatMap((url) => checkGit(policy.git, url, refuse)),
    ...(request.scripts ?? []).flatMap((step) =>
      policy.allowScripts
        ? []
        : refuse(
            'allowScripts',
            step,
            `step "${step}", which runs a script`,
            `If it should, set allowScripts: true in ${where}.`,
          ),
    ),
    ...(request.secrets ?? []).flatMap((reference) =>
      checkSecret(policy, reference, request.scope, refuse).map((violation) => ({ ...violation, slot: reference.slot })),
    ),
  ]
}

function isFile(target: string): boolean {
  return target.startsWith('sqlite:')
}

type Refuse = (rule: string, thing: string, what: string, hint?: string) => PolicyViolation[]

function checkGit(git: DelegatePolicy['git'], url: string, refuse: Refuse): PolicyViolation[] {
  // Credentials may stand in a URL; a refused one must not carry them into a message.
  const shown = url.replace(/\/\/[^/]*@/, '//').slice(0, 200)
  const location = parseGitUrl(url)
  if (location === undefined) {
    const hint = 'Use https://host/path, ssh://host/path, user@host:path or an absolute path.'
    return refuse('git', shown, `Git address "${shown}", which is not one that it understands`, hint)
  }
  if (location.protocol === 'file') {
    if (git.allowLocalPaths.some((folder) => isBelow(folder, location.path))) return []
    return refuse('git.allowLocalPaths', shown, `the local Git repository "${shown}"`)
  }
  const violations: PolicyViolation[] = []
  if (!(git.protocols as readonly string[]).includes(location.protocol)) {
    violations.push(...refuse('git.protocols', location.protocol, `Git over ${location.protocol} ("${shown}")`))
  }
  if (git.hosts !== undefined && !matchesAnyGlob(git.hosts, location.host)) {
    violations.push(...refuse('git.hosts', location.host, `the Git host "${location.host}"`))
  }
  return violations
}

function checkSecret(policy: DelegatePolicy, reference: SecretReference, task: TaskScope, refuse: Refuse): PolicyViolation[] {
  const violations: PolicyViolation[] = []
  if (!coversTask(reference.scope, task)) {
    const what = `${formatReference(reference)} for project "${task.org}/${task.project}"`
    violations.push(
      ...refuse('scope', reference.secretId, what, 'A secret is used in its own scope and below it. No policy changes that.'),
    )
  }
  const { source } = reference
  if (source.kind === 'sealed') return violations
  const [rule, name, rules] =
    source.kind === 'env'
      ? (['secrets.env', source.variable, policy.secrets.env] as const)
      : (['secrets.file', source.path, fileRules(policy)] as const)
  if (source.kind === 'env' && isOwnVariable(name)) {
    const hint = 'Variables that begin with SLUICE_ are never handed out. Use another name.'
    violations.push(...refuse(rule, name, `variable "${name}" for ${formatReference(reference)}`, hint))
  } else if (!isAllowedBy(rules, name, task)) {
    const kind = source.kind === 'env' ? 'variable' : 'file'
    violations.push(...refuse(rule, name, `${kind} "${name}" for ${formatReference(reference)}`))
  }
  return violations
}

function fileRules(policy: DelegatePolicy): readonly SecretRule[] {
  const { file } = policy.secrets
  return file === undefined ? [] : (file.names ?? [{ name: '**' }])
}

function isAllowedBy(rules: readonly SecretRule[], name: string, task: TaskScope): boolean {
  const project = `${task.org}/${task.project}`
  return rules.some(
    (rule) => matchesGlob(rule.name, name) && (rule.projects === undefined || matchesAnyGlob(rule.projects, project)),
  )
}

function isBelow(folder: string, path: string): boolean {
  const base = folder.replace(/\/+$/, '')
  return path === base || path.startsWith(`${base}/`)
}

function distinct(things: readonly string[] | undefined): readonly string[] {
  return [...new Set(things)]
}
