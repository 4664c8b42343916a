import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { HelmTools } from './helm-tools.ts'

export const chartFolder = join(import.meta.dirname, 'helm/sluice')

/** Runs a program with a text as its standard input; throws an error with what it said. */
export function runTool(program: string, args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'utf8', timeout: 120_000, maxBuffer: 32 * 1024 * 1024, env: { ...process.env, ...env } } as const
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else
        reject(
          new Error(`${args.slice(0, 2).join(' ')} failed: ${[stderr, stdout].join('\n').trim() || error.message}`, {
            cause: error,
          }),
        )
    })
    // A program that does not read its input may be gone before all of it is written.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** The chart's objects as YAML. JSON is YAML: the values need no writer. */
export function renderChart(tools: HelmTools, namespace: string, values: object, more: readonly string[] = []): Promise<string> {
  const args = ['template', 'sluice', chartFolder, '--namespace', namespace, '--values', '-', ...more]
  return runTool(tools.helm, args, JSON.stringify(values))
}

const image = { repository: 'registry.example.com/sluice', pullSecrets: ['registry'] }

/** The plain manifests: what the chart gives for an ordinary installation, to be edited and applied without Helm. */
export const plainManifests: Readonly<Record<'control-plane.yaml' | 'delegate.yaml', object>> = {
  'control-plane.yaml': {
    image,
    controlPlane: {
      enabled: true,
      publicUrl: 'https://sluice.example.com',
      database: { existingSecret: 'sluice-database' },
      tls: { existingSecret: 'sluice-tls' },
    },
    delegate: { enabled: false },
  },
  'delegate.yaml': {
    image,
    delegate: {
      serverUrl: 'https://sluice.example.com',
      token: { existingSecret: 'sluice-delegate-token' },
      createJobNamespaces: true,
      runnerPullSecrets: ['registry'],
    },
  },
}

export const plainNamespace = 'sluice'

/** One of the plain manifests. */
export async function renderPlainManifest(tools: HelmTools, name: keyof typeof plainManifests): Promise<string> {
  const text = await renderChart(tools, plainNamespace, plainManifests[name], ['--kube-version', '1.32.0'])
  const head = `# Made from packaging/helm/sluice by \`npm run generate\`. Apply it with: kubectl -n ${plainNamespace} apply -f ${name}\n`
  return head + text.replaceAll('app.kubernetes.io/managed-by: Helm', 'app.kubernetes.io/managed-by: kubectl')
}
