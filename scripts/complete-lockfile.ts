// Adds the platform packages that package-lock.json lacks. npm leaves out of the lock what its registry cannot give it, and then
// refuses the lock everywhere (`npm ci`: "Missing … from lock file"). Some mirrors hold only the packages of their own platform.
// Run it after `npm install` when the lock has changed; it changes nothing when the lock is whole.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

interface LockEntry {
  version?: string
  optionalDependencies?: Record<string, string>
  dev?: boolean
  license?: string
  [field: string]: unknown
}

const path = join(resolve(import.meta.dirname, '..'), 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> }

const systems = new Set(['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'])
const processors = new Set(['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'])

const added: string[] = []
for (const [parentPath, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const hoisted = `node_modules/${name}`
    if (lock.packages[hoisted] !== undefined || lock.packages[`${parentPath}/${hoisted}`] !== undefined) continue
    const entry = describePlatform(name, version, parent)
    if (entry === undefined) continue
    lock.packages[hoisted] = entry
    added.push(name)
  }
}

if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([left], [right]) => left.localeCompare(right, 'en')))
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(added.length === 0 ? 'package-lock.json is whole.' : `Added to package-lock.json: ${added.join(', ')}`)

/** What the package's own manifest would say, read from its name; npm installs it only where system and processor fit. */
function describePlatform(name: string, version: string, parent: LockEntry): LockEntry | undefined {
  const parts = name.split(/[/-]/)
  const os = parts.find((part) => systems.has(part))
  const cpu = parts.find((part) => processors.has(part))
  if (os === undefined || cpu === undefined || !/^\d/.test(version)) return undefined
  const abi = parts.at(-1) ?? ''
  const libc = os !== 'linux' ? undefined : abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : undefined
  return {
    version,
    cpu: [cpu],
    ...(parent.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    ...(parent.license === undefined ? {} : { license: parent.license }),
    optional: true,
    os: [os],
  }
}
