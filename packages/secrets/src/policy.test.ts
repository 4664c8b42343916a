import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkPolicy, defaultPolicy, parsePolicy } from './index.ts'
import type { DelegatePolicy, PolicyRequest, SecretReference } from './index.ts'

const scope = { org: 'default', project: 'shop' }
const sealed: SecretReference = {
  slot: 's1',
  secretId: 'db_password',
  scope,
  version: 1,
  type: 'SecretText',
  source: { kind: 'sealed', record: {} },
  use: 'databasePassword',
  audience: 'postgresql://db:5432/shop',
}
const fromEnv = (variable: string): SecretReference => ({ ...sealed, slot: variable, source: { kind: 'env', variable } })
const fromFile = (path: string): SecretReference => ({ ...sealed, slot: path, source: { kind: 'file', path } })

function policyOf(text: string): DelegatePolicy {
  const { policy, diagnostics } = parsePolicy(text, { file: 'policy.yaml' })
  assert.deepEqual(diagnostics, [])
  assert.ok(policy)
  return policy
}
const rulesOf = (policy: DelegatePolicy, request: Partial<PolicyRequest>): string[] =>
  checkPolicy(policy, { scope, ...request }).map((violation) => violation.rule)
const complaints = (text: string): string[] =>
  parsePolicy(text, { file: 'policy.yaml' }).diagnostics.map((one) => `${one.line ?? 0}:${one.column ?? 0} ${one.message}`)

const full = `
projects: ['default/*', acme/shop]
images:
  - registry.example.com/team
targets: ['*.example.com:5432/*', 'mysql://db:3306/shop']
secrets:
  env:
    - SHOP_*
    - name: BILLING_PASSWORD
      projects: ['default/billing']
  file:
    root: /etc/sluice/secrets
    names: [shop/*]
git:
  protocols: [https]
  hosts: ['*.Example.com']
  allowLocalPaths: [/srv/git]
allowScripts: true
namespaces: [sluice-*]
serviceAccounts: [runner]
maxAttempts: 4
pods:
  allow: [runAsUser, hostPath]
  hostPaths: [/srv/shared]
  secrets: [step-*]
  secretMode: runtime
`

void test('a full policy is read', () => {
  assert.deepEqual(policyOf(full), {
    file: 'policy.yaml',
    projects: ['default/*', 'acme/shop'],
    images: ['registry.example.com/team'],
    targets: ['*.example.com:5432/*', 'mysql://db:3306/shop'],
    secrets: {
      env: [{ name: 'SHOP_*' }, { name: 'BILLING_PASSWORD', projects: ['default/billing'] }],
      file: { root: '/etc/sluice/secrets', names: [{ name: 'shop/*' }] },
    },
    git: { protocols: ['https'], hosts: ['*.example.com'], allowLocalPaths: ['/srv/git'] },
    allowScripts: true,
    namespaces: ['sluice-*'],
    serviceAccounts: ['runner'],
    maxAttempts: 4,
    pods: { allow: ['runAsUser', 'hostPath'], hostPaths: ['/srv/shared'], secrets: ['step-*'], secretMode: 'runtime' },
  })
})

void test('an empty file is the default policy', () => {
  for (const text of ['', '# nothing\n', '---\n', '{}']) {
    const policy = policyOf(text)
    for (const request of [{ targets: ['postgresql://db:5432/x'] }, { secrets: [sealed] }, { gitUrls: ['https://h/a'] }]) {
      assert.deepEqual(rulesOf(policy, request), [])
    }
    assert.deepEqual(rulesOf(policy, { secrets: [fromEnv('A')], scripts: ['s'] }), ['allowScripts', 'secrets.env'])
  }
})

void test('the default policy allows sealed secrets and built-in steps, and refuses env, files, scripts and other transports', () => {
  assert.deepEqual(
    rulesOf(defaultPolicy, { secrets: [sealed], targets: ['postgresql://any:1/x'], namespace: 'any', serviceAccount: 'default' }),
    [],
  )
  assert.deepEqual(rulesOf(defaultPolicy, { gitUrls: ['https://h/a.git', 'ssh://git@h/a.git', 'git@h:a.git'] }), [])
  assert.deepEqual(
    rulesOf(defaultPolicy, {
      secrets: [fromEnv('SHOP_PASSWORD'), fromFile('shop/password')],
      scripts: ['build/run'],
      gitUrls: ['http://h/a.git', 'git://h/a.git', '/srv/git/a.git', 'file:///srv/git/a.git'],
      serviceAccount: 'admin',
    }),
    [
      'serviceAccounts',
      'git.protocols',
      'git.protocols',
      'git.allowLocalPaths',
      'git.allowLocalPaths',
      'allowScripts',
      'secrets.env',
      'secrets.file',
    ],
  )
})

void test('every violation of a request is reported at once, with the thing, the rule and what to do', () => {
  const violations = checkPolicy(policyOf(full), {
    scope: { org: 'acme', project: 'billing' },
    targets: ['postgresql://db:5432/shop', 'postgresql://a.example.com:5432/shop'],
    images: ['registry.example.com/team2/app:1', 'registry.example.com/team/app:1'],
    gitUrls: ['ssh://git@git.other.com/a.git'],
    namespace: 'kube-system',
    serviceAccount: 'default',
    secrets: [{ ...fromEnv('OTHER'), scope: {} }],
  })
  assert.deepEqual(
    violations.map(({ rule, thing }) => `${rule} ${thing}`),
    [
      'projects acme/billing',
      'targets postgresql://db:5432/shop',
      'images registry.example.com/team2/app:1',
      'namespaces kube-system',
      'serviceAccounts default',
      'git.protocols ssh',
      'git.hosts git.other.com',
      'secrets.env OTHER',
    ],
  )
  for (const { message, hint, thing, rule } of violations) {
    assert.ok(message.includes(thing) && message.includes(rule) && message.endsWith('.'), message)
    assert.ok(hint.includes('policy.yaml'), hint)
  }
  assert.equal(violations.at(-1)?.slot, 'OTHER')
})

void test('secret rules apply to their projects', () => {
  const policy = policyOf(full)
  const billing = { org: 'default', project: 'billing' }
  const shared = { ...fromEnv('BILLING_PASSWORD'), scope: {} }
  assert.deepEqual(checkPolicy(policy, { scope: billing, secrets: [shared] }), [])
  assert.equal(checkPolicy(policy, { scope, secrets: [shared] }).length, 1)
  assert.deepEqual(rulesOf(policy, { secrets: [fromEnv('SHOP_DEV'), fromFile('shop/dev')] }), [])
  assert.deepEqual(rulesOf(policy, { secrets: [fromEnv('XSHOP_DEV'), fromFile('other/dev'), fromFile('shop/a/b')] }), [
    'secrets.env',
    'secrets.file',
    'secrets.file',
  ])
})

void test('a secret of another project or org is refused whatever the policy says', () => {
  const policy = policyOf(full)
  for (const foreign of [
    { org: 'default', project: 'billing' },
    { org: 'acme' },
    { org: 'acme', project: 'shop' },
    { project: 'shop' },
  ]) {
    assert.deepEqual(rulesOf(policy, { secrets: [{ ...sealed, scope: foreign }] }), ['scope'])
  }
  for (const own of [{}, { org: 'default' }, scope])
    assert.deepEqual(rulesOf(policy, { secrets: [{ ...sealed, scope: own }] }), [])
})

void test('the delegate’s own variables are refused even by a policy that allows all', () => {
  const policy = policyOf(`secrets: {env: ['*']}`)
  assert.deepEqual(rulesOf(policy, { secrets: [fromEnv('PATH')] }), [])
  for (const name of ['SLUICE_DELEGATE_TOKEN', 'sluice_x', 'SLUICE_']) {
    assert.deepEqual(rulesOf(policy, { secrets: [fromEnv(name)] }), ['secrets.env'])
  }
})

void test('empty lists allow nothing', () => {
  const policy = policyOf('projects: []\ntargets: []\nimages: []\ngit: {protocols: [], hosts: []}\nnamespaces: []')
  assert.deepEqual(
    rulesOf(policy, { targets: ['postgresql://db:5432/x'], images: ['a'], namespace: 'n', gitUrls: ['https://h/a'] }),
    ['projects', 'targets', 'images', 'namespaces', 'git.protocols', 'git.hosts'],
  )
})

void test('a policy without names allows every file under its root', () => {
  const policy = policyOf('secrets: {file: {root: /etc/secrets}}')
  assert.deepEqual(rulesOf(policy, { secrets: [fromFile('a'), fromFile('a/b/c')] }), [])
})

void test('image prefixes end between parts and know Docker Hub’s short names', () => {
  const allows = (prefix: string, image: string): boolean =>
    rulesOf({ ...defaultPolicy, images: [prefix] }, { images: [image] }).length === 0
  for (const [prefix, image] of [
    ['postgres', 'postgres:17'],
    ['postgres', 'docker.io/library/postgres@sha256:00'],
    ['docker.io/library/postgres', 'postgres'],
    ['bitnami/', 'bitnami/kafka'],
    ['registry.example.com', 'registry.example.com/any/app'],
    ['Registry.example.com/', 'registry.example.com/any/app'],
    ['registry:5000', 'registry:5000/app'],
    ['registry.example.com/team', 'registry.example.com/team:1'],
    ['registry.example.com/team/app:1.', 'registry.example.com/team/app:1.2'],
  ] as const) {
    assert.equal(allows(prefix, image), prefix !== 'registry.example.com/team/app:1.', `${prefix} ${image}`)
  }
  for (const [prefix, image] of [
    ['postgres', 'postgres2'],
    ['postgres', 'evil/postgres'],
    ['postgres', 'registry.example.com/postgres'],
    ['registry.example.com/team', 'registry.example.com/team-evil/app'],
    ['registry.example.com', 'registry.example.com.evil/app'],
    ['bitnami/', 'evil.com/bitnami/kafka'],
  ] as const) {
    assert.ok(!allows(prefix, image), `${prefix} ${image}`)
  }
})

void test('local repositories are allowed below their folder only', () => {
  const policy = policyOf('git: {allowLocalPaths: [/srv/git/]}')
  assert.deepEqual(rulesOf(policy, { gitUrls: ['/srv/git/a.git', 'file:///srv/git/a.git', '/srv/git'] }), [])
  for (const url of [
    '/srv/git2/a',
    '/srv',
    '/srv/git/../a',
    'file:///srv/git/%2e%2e/a',
    'file://host/srv/git/a',
    'srv/git/a',
    './a',
  ]) {
    assert.equal(rulesOf(policy, { gitUrls: [url] }).length, 1, url)
  }
})

void test('credentials in a refused Git address stay out of the message', () => {
  for (const url of ['http://user:hunter2@h/a.git', 'ext::sh -c hunter2//x:hunter2@y', 'https://a:hunter2@h/../x']) {
    const [violation] = checkPolicy(defaultPolicy, { scope, gitUrls: [url] })
    assert.ok(violation)
    if (url.includes('//')) assert.ok(!`${violation.message}${violation.thing}`.includes(':hunter2@'))
  }
})

void test('every problem of a policy file is reported with line and column', () => {
  const text = [
    'project: [default/*]',
    'targets: db:5432/shop',
    'images: ["a b"]',
    'secrets:',
    '  env: [SLUICE_TOKEN, 7, {projects: [x]}, {name: "A B"}]',
    '  file: {names: ["../x"], rot: 1}',
    'git:',
    '  protocols: [https, ext]',
    '  hosts: ["https://h"]',
    '  allowLocalPaths: [srv/git]',
    'allowScripts: yes',
    'maxAttempts: 0',
    'namespaces: [KubeSystem]',
    'serviceAccounts:',
  ].join('\n')
  assert.deepEqual(complaints(text), [
    '1:1 Unknown field "project".',
    '2:10 "targets" must be a list of at most 1000 entries.',
    '3:10 "images[0]" must be a prefix without blanks and "*".',
    '5:9 "secrets.env[0]" names the delegate’s own variables, which are never handed out.',
    '5:23 "secrets.env[1]" must be a mapping of name, projects.',
    '5:26 "secrets.env[2].name" is missing.',
    '5:38 "secrets.env[2].projects[0]" must be org/project, each a name or glob, such as default/* or */shop.',
    '5:50 "secrets.env[3].name" must be a variable’s name or glob.',
    '6:9 "secrets.file.root" is missing.',
    '6:18 "secrets.file.names[0]" must be a relative path or glob below root.',
    '6:27 Unknown field "secrets.file.rot".',
    '8:22 "git.protocols[1]" is none of https, ssh, http, git.',
    '9:11 "git.hosts[0]" must be a host name or glob without scheme, port and path.',
    '10:21 "git.allowLocalPaths[0]" must be an absolute path without "..".',
    '11:15 "allowScripts" must be true or false.',
    '12:14 "maxAttempts" must be a whole number from 1 to 10000.',
    '13:14 "namespaces[0]" must be a name or glob of lower-case letters, digits, dots and dashes.',
    '14:17 "serviceAccounts" must be a list of at most 1000 entries.',
  ])
  const { policy, diagnostics } = parsePolicy(text, { file: 'policy.yaml' })
  assert.equal(policy, undefined)
  assert.equal(diagnostics[0]?.hint, 'Did you mean "projects"?')
  assert.ok(diagnostics.every((one) => one.file === 'policy.yaml' && one.code === 'POLICY_INVALID'))
})

void test('a field without a value is an error, never “no limit”', () => {
  for (const field of [
    'projects',
    'targets',
    'images',
    'secrets',
    'git',
    'allowScripts',
    'namespaces',
    'serviceAccounts',
    'maxAttempts',
  ]) {
    assert.equal(parsePolicy(`${field}:\n`, { file: 'p' }).policy, undefined, field)
  }
})

void test('broken YAML, doubled fields, aliases, tags and further documents are refused', () => {
  for (const text of [
    'projects: [',
    'projects: []\nprojects: []',
    'a: &x [1]\nprojects: *x',
    'targets: &x ["*"]\nimages: *x',
    '--- {}\n--- {}',
    '- a',
    'text',
    'allowScripts: !yes true',
    '\t- x',
    'x'.repeat(300 * 1024),
  ]) {
    const { policy, diagnostics } = parsePolicy(text, { file: 'p' })
    assert.equal(policy, undefined, text.slice(0, 40))
    assert.ok(diagnostics.length > 0)
  }
})

void test('parsing never throws and never gives a policy with an error', () => {
  const word = fc.constantFrom(
    'projects',
    'secrets',
    'env',
    'file',
    'git',
    ':',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '*',
    '&a',
    '*a',
    '!',
    '"',
    'x/y',
    'true',
    '7',
    '~',
    '\0',
    '#',
  )
  const property = fc.property(
    fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
    ),
    (text) => {
      const { policy, diagnostics } = parsePolicy(text, { file: 'p' })
      assert.equal(policy === undefined, diagnostics.length > 0)
    },
  )
  fc.assert(property, { numRuns: 1000 })
})
