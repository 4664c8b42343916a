import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Diagnostic, type Timings, didYouMean, timingsFromScale } from '@sluice/base'
import { type KubernetesConfig, kubernetesVariables, readKubernetesConfig } from './kubernetes/kubernetes-config.ts'
import { isLoopbackHost } from './loopback.ts'
import { socketPathMax, relaySocketPath } from './relay/socket-path.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Where the metrics are served, on this machine alone. */
export type MetricsAddress =
  | { readonly kind: 'port'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string }

/** Everything that a delegate process is told from outside. */
export interface DelegateConfig {
  /** Origin of the control plane. */
  readonly serverUrl: string
  /** PEM text of the authorities that sign the control plane's certificate, instead of the well-known ones. */
  readonly serverCa?: string | undefined
  /** One-use enrolment token: needed until `dir` holds an identity. */
  readonly enrolmentToken?: string | undefined
  readonly name: string
  readonly tags: readonly string[]
  /** This process's place, for people. */
  readonly instanceName: string
  readonly dir: string
  readonly policyFile?: string | undefined
  /** How many attempts run here at once. */
  readonly capacity: number
  readonly relaySocket: string
  readonly runnerEntry: string
  readonly proxy: { readonly https?: string | undefined; readonly none?: string | undefined }
  readonly metrics?: MetricsAddress | undefined
  readonly logLevel: LogLevel
  readonly timings: Timings
  /** The cluster for step groups in pods; undefined without one. */
  readonly kubernetes?: KubernetesConfig | undefined
  /** Added to the environment of runners. */
  readonly runnerEnvironment: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']
const variables: readonly string[] = [
  'SLUICE_SERVER_URL',
  'SLUICE_SERVER_CA',
  'SLUICE_DELEGATE_TOKEN',
  'SLUICE_DELEGATE_TOKEN_FILE',
  'SLUICE_DELEGATE_NAME',
  'SLUICE_DELEGATE_TAGS',
  'SLUICE_DELEGATE_DIR',
  'SLUICE_DELEGATE_POLICY',
  'SLUICE_DELEGATE_CAPACITY',
  'SLUICE_DELEGATE_SOCKET',
  'SLUICE_DELEGATE_METRICS',
  'SLUICE_RUNNER_ENTRY',
  ...kubernetesVariables,
]

/**
 * Reads the configuration from environment variables (docs/delegate.md lists them). All problems are returned at once, with the
 * variable as their file; `config` is there exactly when none of them is an error. No message repeats a token or a proxy's password.
 */
export function readConfig(
  environment: Environment,
  defaults: { cwd: string; runnerEntry: string },
): { config: DelegateConfig | undefined; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const problem = (variable: string, message: string, hint: string, severity: 'error' | 'warning' = 'error'): void => {
    diagnostics.push({ severity, code: 'CONFIG_INVALID', message, hint, file: variable })
  }
  const value = (name: string): string | undefined => environment[name]?.trim() || undefined
  const readText = (variable: string, path: string, what: string): string | undefined => {
    try {
      return readFileSync(resolve(defaults.cwd, path), 'utf8').trim()
    } catch {
      problem(variable, `The ${what} "${path}" cannot be read.`, 'Check the path and who may read it.')
      return undefined
    }
  }

  const serverUrl = readServerUrl(value('SLUICE_SERVER_URL'), problem)
  const caFile = value('SLUICE_SERVER_CA')
  const serverCa = caFile === undefined ? undefined : readText('SLUICE_SERVER_CA', caFile, 'file of certificate authorities')
  if (serverCa !== undefined && !serverCa.includes('-----BEGIN CERTIFICATE-----')) {
    problem(
      'SLUICE_SERVER_CA',
      `The file "${caFile ?? ''}" holds no PEM certificate.`,
      'Give it the certificate of the authority, in PEM form.',
    )
  }
  const tokenFile = value('SLUICE_DELEGATE_TOKEN_FILE')
  if (tokenFile !== undefined && value('SLUICE_DELEGATE_TOKEN') !== undefined) {
    problem(
      'SLUICE_DELEGATE_TOKEN_FILE',
      'The enrolment token is given twice.',
      'Set SLUICE_DELEGATE_TOKEN or SLUICE_DELEGATE_TOKEN_FILE.',
    )
  }
  // A token file is often removed after the first start; `createDelegate` says what is missing when there is no identity yet.
  const enrolmentToken = tokenFile === undefined ? value('SLUICE_DELEGATE_TOKEN') : readOptional(resolve(defaults.cwd, tokenFile))

  const { name, tags, instanceName } = readNames(value, problem)
  const dir = resolve(defaults.cwd, value('SLUICE_DELEGATE_DIR') ?? join('.sluice', 'delegate'))
  const relaySocket = value('SLUICE_DELEGATE_SOCKET') ?? relaySocketPath(dir)
  if (Buffer.byteLength(relaySocket) > socketPathMax) {
    problem(
      'SLUICE_DELEGATE_SOCKET',
      `The socket's path has more than ${socketPathMax} bytes, which no system takes.`,
      'Choose a shorter path, for example in /run.',
    )
  }
  const capacity = Number(value('SLUICE_DELEGATE_CAPACITY') ?? '10')
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > 1000) {
    problem(
      'SLUICE_DELEGATE_CAPACITY',
      'The capacity is not a whole number from 1 to 1000.',
      'Set it to how many step groups may run here at once.',
    )
  }
  const logLevel = (value('SLUICE_LOG_LEVEL') ?? 'info') as LogLevel
  if (!logLevels.includes(logLevel))
    problem('SLUICE_LOG_LEVEL', `"${logLevel}" is not a log level.`, `Use one of ${logLevels.join(', ')}.`)
  const metrics = readMetricsAddress(value('SLUICE_DELEGATE_METRICS'), defaults.cwd, problem)
  const kubernetes = readKubernetesConfig(value, problem)
  noteStrangers(environment, problem)
  if (diagnostics.some(({ severity }) => severity === 'error') || serverUrl === undefined)
    return { config: undefined, diagnostics }
  const policyFile = value('SLUICE_DELEGATE_POLICY')
  return {
    config: {
      serverUrl,
      serverCa,
      enrolmentToken,
      name,
      tags,
      instanceName,
      dir,
      policyFile: policyFile === undefined ? undefined : resolve(defaults.cwd, policyFile),
      capacity,
      relaySocket,
      runnerEntry: resolve(defaults.cwd, value('SLUICE_RUNNER_ENTRY') ?? defaults.runnerEntry),
      proxy: {
        https: value('https_proxy') ?? value('HTTPS_PROXY'),
        none: value('no_proxy') ?? value('NO_PROXY'),
      },
      metrics,
      logLevel,
      kubernetes,
      timings: timingsFromScale(value('SLUICE_TIME_SCALE')),
      runnerEnvironment: runnerEnvironment(environment, problem),
    },
    diagnostics,
  }
}

type Problem = (variable: string, message: string, hint: string, severity?: 'error' | 'warning') => void

/** How the delegate is called, and what selectors find it by. */
function readNames(
  value: (name: string) => string | undefined,
  problem: Problem,
): { name: string; tags: string[]; instanceName: string } {
  const instanceName = hostname().slice(0, 253) || 'localhost'
  const name =
    value('SLUICE_DELEGATE_NAME') ??
    (instanceName.replaceAll(/[^a-zA-Z0-9._-]/g, '-').replace(/^[^a-zA-Z0-9]+/, '') || 'delegate').slice(0, 63)
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(name)) {
    problem(
      'SLUICE_DELEGATE_NAME',
      `"${name}" is no name for a delegate.`,
      'Use letters, digits, ".", "_" and "-", at most 63, beginning with a letter or digit.',
    )
  }
  const tags = (value('SLUICE_DELEGATE_TAGS') ?? '').split(',').flatMap((tag) => tag.trim() || [])
  const wrongTag = tags.find((tag) => !/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(tag))
  if (wrongTag !== undefined || tags.length > 50) {
    problem(
      'SLUICE_DELEGATE_TAGS',
      wrongTag === undefined ? 'There are more than 50 tags.' : `"${wrongTag}" is no tag.`,
      'Write tags like postgres,eu-west: letters, digits, ".", "_" and "-", separated by commas.',
    )
  }
  return { name, tags, instanceName }
}

/** Variables that look like ours and are not: most likely misspelt. */
function noteStrangers(environment: Environment, problem: Problem): void {
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('SLUICE_DELEGATE_') || variables.includes(variable)) continue
    const near = didYouMean(variable, variables)
    problem(
      variable,
      `The variable ${variable} means nothing to a delegate.`,
      near === undefined ? 'docs/delegate.md lists the variables.' : `Did you mean ${near}?`,
      'warning',
    )
  }
}

function readServerUrl(text: string | undefined, problem: Problem): string | undefined {
  const example = 'Set it to the address of the control plane, for example https://sluice.example.com.'
  if (text === undefined) {
    problem('SLUICE_SERVER_URL', 'There is no control plane to connect to.', example)
    return undefined
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    problem('SLUICE_SERVER_URL', 'The address of the control plane is not an http or https origin.', example)
    return undefined
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    problem(
      'SLUICE_SERVER_URL',
      `Plain HTTP is used on loopback addresses only, and "${url.hostname}" is not one.`,
      'Use the https address of the control plane.',
    )
    return undefined
  }
  return url.origin
}

function readMetricsAddress(text: string | undefined, cwd: string, problem: Problem): MetricsAddress | undefined {
  if (text === undefined) return undefined
  if (text.startsWith('unix:')) return { kind: 'socket', path: resolve(cwd, text.slice('unix:'.length)) }
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(text)
  const host = match?.[1]?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1'
  const port = Number(match?.[2])
  if (match === null || port > 65_535 || !isLoopbackHost(host)) {
    problem(
      'SLUICE_DELEGATE_METRICS',
      `"${text}" is not an address on this machine.`,
      'Write it like 127.0.0.1:9464 or unix:/run/sluice/metrics.sock.',
    )
    return undefined
  }
  return { kind: 'port', host, port }
}

/** What runners inherit by name: git and TLS need to know how to get out, and nothing else of this process is their business. */
function runnerEnvironment(environment: Environment, problem: Problem): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const name of [
    'PATH',
    'TZ',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'GIT_SSL_CAINFO',
    'NODE_EXTRA_CA_CERTS',
    'SLUICE_TIME_SCALE',
  ]) {
    const value = environment[name]
    if (value !== undefined && value !== '') passed[name] = value
  }
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']) {
    const value = environment[name]
    if (value === undefined || value === '') continue
    // A process's environment can be read by others of the same user.
    if (!/^no_proxy$/i.test(name) && value.includes('@')) {
      problem(
        name,
        'The proxy has a password, so runners do not get it.',
        'Let Git hosts be reached directly, or through a proxy without a password.',
        'warning',
      )
    } else passed[name] = value
  }
  return passed
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
