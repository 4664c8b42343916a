/** A Git location, understood. */
export interface GitLocation {
  /** `https`, `ssh`, …; `file` for local paths. */
  readonly protocol: string
  /** Lower case, without port; empty for local paths. */
  readonly host: string
  /** The absolute local path, or the path on the host. */
  readonly path: string
  /** One spelling per repository address: without credentials and default port, `ssh://host/path` for the `user@host:path` form. */
  readonly canonical: string
}

/**
 * Understands what `git clone` would make of a text: URLs, `user@host:path` and absolute local paths. Undefined for everything that we do
 * not hand to Git: relative paths, remote helpers (`ext::…`), and what Git or ssh would read as an option.
 */
export function parseGitUrl(text: string): GitLocation | undefined {
  // Backslashes, blanks and what stands for them are read differently by different parsers; no real address has them.
  if (text.length > 2048 || /[\0-\x20\x7f\\?#]/.test(text) || text.startsWith('-')) return undefined
  if (text.startsWith('/')) return localLocation(text)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'file') return localLocation(decode(text.slice('file://'.length)))
  if (scheme !== undefined) {
    const url = /^[^:]+:\/\/(?:(?!-)[^@/]*@)?([^@:/[\]]+|\[[^@/\]]+\])(?::(\d{1,5}))?(\/.*)$/.exec(text)
    return url === null ? undefined : remoteLocation(scheme, url[1] ?? '', url[2] ?? '', url[3] ?? '')
  }
  // The scp form; a remote helper such as ext:: has a second colon.
  const scp = /^(?:[^@/:]+@)?([^@/:[\]]+):(?!:)(.+)$/.exec(text)
  return scp === null ? undefined : remoteLocation('ssh', scp[1] ?? '', '', scp[2] ?? '')
}

const defaultPorts: Readonly<Record<string, string>> = { https: '443', http: '80', ssh: '22', git: '9418' }

function remoteLocation(protocol: string, hostText: string, port: string, pathText: string): GitLocation | undefined {
  const host = hostText.toLowerCase()
  // A host that begins with a dash would be an option to ssh.
  if (!/^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])$/.test(host)) return undefined
  const path = pathText.startsWith('/') ? pathText : `/${pathText}`
  if (hasDots(path) || path === '/' || path.startsWith('/-')) return undefined
  const isDefaultPort = port === '' || port === defaultPorts[protocol]
  return { protocol, host, path, canonical: `${protocol}://${host}${isDefaultPort ? '' : `:${port}`}${path}` }
}

function localLocation(path: string | undefined): GitLocation | undefined {
  if (path === undefined || !path.startsWith('/') || hasDots(path) || path.includes('\0')) return undefined
  const canonical = path.replace(/\/+/g, '/')
  return { protocol: 'file', host: '', path: canonical, canonical: `file://${canonical}` }
}

/** Whether a path climbs: then its prefix says nothing. */
function hasDots(path: string): boolean {
  return path.split('/').some((part) => part === '..' || part === '.' || /^(?:\.|%2e){1,2}$/i.test(part))
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
