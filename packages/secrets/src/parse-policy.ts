import type { Diagnostic } from '@sluice/base'
import { hasErrors } from '@sluice/base'
import { defaultPolicy, gitProtocols, podPolicyRules } from './policy.ts'
import type { DelegatePolicy, GitProtocol, SecretRule } from './policy.ts'
import { isOwnVariable } from './reference.ts'
import { createYamlReader } from './yaml-reader.ts'
import type { YamlNode, YamlReader } from './yaml-reader.ts'

/** Longest policy file, in bytes. */
export const policyBytesMax = 256 * 1024

export interface ParsedPolicy {
  /** Present exactly when `diagnostics` has no error. */
  readonly policy?: DelegatePolicy | undefined
  readonly diagnostics: readonly Diagnostic[]
}

const rootFields = [
  'projects',
  'images',
  'targets',
  'secrets',
  'git',
  'allowScripts',
  'namespaces',
  'serviceAccounts',
  'maxAttempts',
  'pods',
] as const

/**
 * Reads a delegate's policy file. All problems at once, with line and column, code `POLICY_INVALID`. What the file does not mention is as
 * in `defaultPolicy`; an empty file is the default policy.
 */
export function parsePolicy(text: string, options: { readonly file: string }): ParsedPolicy {
  const diagnostics: Diagnostic[] = []
  const reader = createYamlReader(
    text,
    { file: options.file, code: 'POLICY_INVALID', bytesMax: policyBytesMax, rootFields },
    diagnostics,
  )
  const policy = { ...readPolicy(reader), file: options.file }
  diagnostics.sort((left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0))
  return hasErrors(diagnostics) ? { diagnostics } : { policy, diagnostics }
}

function readPolicy(reader: YamlReader): DelegatePolicy {
  const root = reader.root ?? new Map<string, YamlNode>()
  const list = (name: string, check: Check): readonly string[] | undefined => readTexts(reader, root, name, name, check)
  const scripts = root.get('allowScripts')
  const attempts = root.get('maxAttempts')
  return {
    projects: list('projects', projectProblem),
    images: list('images', (image) => (/[\s*]/.test(image) ? 'must be a prefix without blanks and "*"' : undefined)),
    targets: list('targets', targetProblem),
    secrets: readSecrets(reader, root.get('secrets')),
    git: readGit(reader, root.get('git')),
    allowScripts: scripts === undefined ? false : (reader.flag(scripts, 'allowScripts') ?? false),
    namespaces: list('namespaces', nameProblem),
    serviceAccounts: list('serviceAccounts', nameProblem),
    ...(root.get('pods') === undefined ? {} : { pods: readPods(reader, root.get('pods')) }),
    maxAttempts: attempts === undefined ? undefined : reader.wholeNumber(attempts, 'maxAttempts', 1, 10_000),
  }
}

function readSecrets(reader: YamlReader, node: YamlNode): DelegatePolicy['secrets'] {
  if (node === undefined) return defaultPolicy.secrets
  const fields = reader.fields(node, 'secrets', ['env', 'file'])
  const env = fields?.get('env')
  const file = fields?.get('file')
  return {
    env: env === undefined ? [] : readRules(reader, env, 'secrets.env', variableProblem),
    file: file === undefined ? undefined : readFile(reader, file),
  }
}

function readFile(reader: YamlReader, node: YamlNode): DelegatePolicy['secrets']['file'] {
  const fields = reader.fields(node, 'secrets.file', ['root', 'names'])
  if (fields === undefined) return undefined
  const rootNode = fields.get('root')
  if (rootNode === undefined) reader.fail(node, '"secrets.file.root" is missing.', 'Name the folder that holds the secret files.')
  const root = rootNode === undefined ? undefined : reader.text(rootNode, 'secrets.file.root')
  if (root !== undefined && folderProblem(root) !== undefined)
    reader.fail(rootNode, `"secrets.file.root" ${folderProblem(root)}.`)
  const namesNode = fields.get('names')
  const names = namesNode === undefined ? undefined : readRules(reader, namesNode, 'secrets.file.names', pathProblem)
  return root === undefined ? undefined : { root, names }
}

function readGit(reader: YamlReader, node: YamlNode): DelegatePolicy['git'] {
  if (node === undefined) return defaultPolicy.git
  const fields = reader.fields(node, 'git', ['protocols', 'hosts', 'allowLocalPaths']) ?? new Map<string, YamlNode>()
  const protocols = readTexts(reader, fields, 'protocols', 'git.protocols', (protocol) =>
    isGitProtocol(protocol) ? undefined : `is none of ${gitProtocols.join(', ')}`,
  )
  const hosts = readTexts(reader, fields, 'hosts', 'git.hosts', (host) =>
    /[/:@\s]/.test(host) ? 'must be a host name or glob without scheme, port and path' : undefined,
  )
  const allowLocalPaths = readTexts(reader, fields, 'allowLocalPaths', 'git.allowLocalPaths', folderProblem)
  return {
    protocols: protocols?.filter(isGitProtocol) ?? defaultPolicy.git.protocols,
    hosts: hosts?.map((host) => host.toLowerCase()),
    allowLocalPaths: allowLocalPaths ?? [],
  }
}

function readPods(reader: YamlReader, node: YamlNode): DelegatePolicy['pods'] {
  if (node === undefined) return undefined
  const fields = reader.fields(node, 'pods', ['allow', 'hostPaths', 'secrets', 'secretMode']) ?? new Map<string, YamlNode>()
  const allow = readTexts(reader, fields, 'allow', 'pods.allow', (rule) =>
    (podPolicyRules as readonly string[]).includes(rule) ? undefined : `is none of ${podPolicyRules.join(', ')}`,
  )
  const hostPaths = readTexts(reader, fields, 'hostPaths', 'pods.hostPaths', folderProblem)
  const secrets = readTexts(reader, fields, 'secrets', 'pods.secrets', nameProblem)
  const modeNode = fields.get('secretMode')
  const mode = modeNode === undefined ? undefined : reader.text(modeNode, 'pods.secretMode')
  if (mode !== undefined && mode !== 'runtime') reader.fail(modeNode, '"pods.secretMode" must be runtime, or be left out.')
  return {
    allow: allow ?? [],
    hostPaths: hostPaths ?? [],
    secrets: secrets ?? [],
    secretMode: mode === 'runtime' ? 'runtime' : undefined,
  }
}

/** Says what is wrong with a text, as the end of a sentence about it, or nothing. */
type Check = (text: string) => string | undefined

function readTexts(
  reader: YamlReader,
  fields: ReadonlyMap<string, YamlNode>,
  name: string,
  path: string,
  check: Check,
): readonly string[] | undefined {
  const node = fields.get(name)
  if (node === undefined) return undefined
  return reader.items(node, path).flatMap((item, index) => readChecked(reader, item, `${path}[${index}]`, check) ?? [])
}

function readRules(reader: YamlReader, node: YamlNode, path: string, check: Check): readonly SecretRule[] {
  return reader.items(node, path).flatMap((item, index): SecretRule[] => {
    const itemPath = `${path}[${index}]`
    if (reader.isText(item)) {
      const name = readChecked(reader, item, itemPath, check)
      return name === undefined ? [] : [{ name }]
    }
    const fields = reader.fields(item, itemPath, ['name', 'projects'])
    if (fields === undefined) return []
    const nameNode = fields.get('name')
    if (nameNode === undefined) reader.fail(item, `"${itemPath}.name" is missing.`)
    const name = nameNode === undefined ? undefined : readChecked(reader, nameNode, `${itemPath}.name`, check)
    const projects = readTexts(reader, fields, 'projects', `${itemPath}.projects`, projectProblem)
    return name === undefined ? [] : [{ name, projects }]
  })
}

function readChecked(reader: YamlReader, node: YamlNode, path: string, check: Check): string | undefined {
  const text = reader.text(node, path)
  const problem = text === undefined ? undefined : check(text)
  if (problem === undefined) return text
  reader.fail(node, `"${path}" ${problem}.`)
  return undefined
}

function isGitProtocol(text: string): text is GitProtocol {
  return (gitProtocols as readonly string[]).includes(text)
}

function projectProblem(text: string): string | undefined {
  return /^[^/\s]+\/[^/\s]+$/.test(text) ? undefined : 'must be org/project, each a name or glob, such as default/* or */shop'
}

function targetProblem(text: string): string | undefined {
  if (/^sqlite:\/\S+$/.test(text)) return undefined
  if (text === '*' || /^(?:[a-z0-9+]+:\/\/)?[^/\s]+\/[^/\s]+$/.test(text)) return undefined
  return 'must be host:port/database, each a name or glob, such as *.example.com:5432/*'
}

function variableProblem(text: string): string | undefined {
  if (isOwnVariable(text)) return 'names the delegate’s own variables, which are never handed out'
  return /^[A-Za-z_*][A-Za-z0-9_*]*$/.test(text) ? undefined : 'must be a variable’s name or glob'
}

function pathProblem(text: string): string | undefined {
  const parts = text.split('/')
  return parts.some((part) => part === '' || part === '.' || part === '..')
    ? 'must be a relative path or glob below root'
    : undefined
}

function folderProblem(text: string): string | undefined {
  if (!text.startsWith('/') || text.split('/').includes('..')) return 'must be an absolute path without ".."'
  return undefined
}

function nameProblem(text: string): string | undefined {
  return /^[a-z0-9*.-]+$/.test(text) ? undefined : 'must be a name or glob of lower-case letters, digits, dots and dashes'
}
