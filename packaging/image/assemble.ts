import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { buildPrograms } from '../../scripts/build/programs.ts'
import { trainPrograms } from './train.ts'

export const repositoryRoot = resolve(import.meta.dirname, '../..')

/** The user that everything in the image runs as, unless a pod says otherwise. */
export const imageUser = 65_532

/** Programs of the system that the image needs, each with the Debian package that brings it. */
const programs: Readonly<Record<string, string>> = {
  '/usr/bin/git': 'git',
  '/usr/bin/ssh': 'openssh-client',
  '/bin/busybox': 'busybox-static',
}

/** The parts of git that a fetch over https and ssh runs. Its other commands are inside of `git` itself. */
const gitParts = ['git', 'git-remote-http', 'git-remote-https', 'git-sh-setup']

/** Packages whose licences go along. */
const licences = [
  'git',
  'openssh-client',
  'busybox-static',
  'busybox',
  'libc6',
  'libstdc++6',
  'ca-certificates',
  'zlib1g',
  'libssl3',
]

/**
 * Puts the system's part of the image into a folder, from this Debian's own files: Node.js, git, ssh, busybox, certificate authorities and
 * the libraries that `ldd` names. Throws an error that names the Debian packages that are missing.
 */
export function assembleSystem(folder: string, node: string): void {
  const missing = Object.entries(programs).flatMap(([path, name]) => (existsSync(path) ? [] : name))
  if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) missing.push('ca-certificates')
  if (missing.length > 0)
    throw new Error(`The image needs these Debian packages: ${missing.join(', ')}. Install them with apt-get install.`)
  for (const path of ['usr/local/bin', 'bin', 'etc/ssl/certs', 'tmp', 'usr/share/doc', 'usr/lib/git-core']) {
    mkdirSync(join(folder, path), { recursive: true })
  }
  chmodSync(join(folder, 'tmp'), 0o1777)
  const add = (path: string, to = path): void => {
    mkdirSync(dirname(join(folder, to)), { recursive: true })
    copyFileSync(realpathSync(path), join(folder, to))
  }
  add(node, '/usr/local/bin/node')
  for (const path of Object.keys(programs)) add(path)
  for (const part of gitParts) addGitPart(folder, part)
  cpSync('/usr/share/git-core/templates', join(folder, 'usr/share/git-core/templates'), { recursive: true })
  for (const library of librariesOf([node, '/usr/bin/git', '/usr/bin/ssh', '/usr/lib/git-core/git-remote-http'])) add(library)
  add('/etc/ssl/certs/ca-certificates.crt')
  for (const applet of ['sh', 'cat', 'ls', 'mkdir', 'rm', 'sleep', 'true', 'env', 'id', 'ps', 'uname']) {
    symlinkSync('busybox', join(folder, 'bin', applet))
  }
  writeFileSync(
    join(folder, 'etc/passwd'),
    `root:x:0:0:root:/:/bin/sh\nsluice:x:${imageUser}:${imageUser}:Sluice:/tmp:/bin/false\n`,
  )
  writeFileSync(join(folder, 'etc/group'), `root:x:0:\nsluice:x:${imageUser}:\n`)
  writeFileSync(join(folder, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n')
  for (const name of licences) {
    const copyright = `/usr/share/doc/${name}/copyright`
    if (existsSync(copyright)) add(copyright)
  }
}

/** Puts Sluice itself into a folder: bundles, web UI, and what pods of other images get from it. */
export async function assembleSluice(folder: string, version: string): Promise<void> {
  const home = join(folder, 'opt/sluice')
  const bin = join(home, 'bin')
  mkdirSync(bin, { recursive: true })
  mkdirSync(join(folder, 'usr/local/bin'), { recursive: true })
  await buildPrograms({ root: repositoryRoot, dist: home, version })
  // The training runs what is in dist/.
  execFileSync(process.execPath, [join(repositoryRoot, 'scripts/build.ts'), '--if-stale', '--quiet'], { stdio: 'inherit' })
  await trainPrograms(home)
  execFileSync('find', [home, '-name', '*.map', '-delete'])
  const web = join(repositoryRoot, 'dist/web')
  if (existsSync(web)) cpSync(web, join(home, 'web'), { recursive: true })
  const files = join(import.meta.dirname, 'files')
  for (const name of ['package.json', 'NOTICE']) copyFileSync(join(files, name), join(home, name))
  copyFileSync(join(repositoryRoot, 'LICENSE'), join(home, 'LICENSE'))
  copyFileSync(join(files, 'sluice'), join(folder, 'usr/local/bin/sluice'))
  copyFileSync('/bin/busybox', join(bin, 'busybox'))
  const entry = join(repositoryRoot, 'apps/runner/entry/entry.sh')
  if (existsSync(entry)) copyFileSync(entry, join(bin, 'entry'))
  for (const path of [join(bin, 'busybox'), join(folder, 'usr/local/bin/sluice')]) chmodSync(path, 0o755)
  // Written by the image's own user while the image is made, and only read later.
  chmodSync(join(home, '.compile-cache'), 0o777)
}

/** git-core is mostly links to one program: links stay links, so that the program is there once. */
function addGitPart(folder: string, part: string): void {
  const path = join('/usr/lib/git-core', part)
  if (!existsSync(path)) return
  if (lstatSync(path).isSymbolicLink()) symlinkSync(join('/usr/lib/git-core', 'git-remote-http'), join(folder, path))
  else if (part === 'git') symlinkSync('/usr/bin/git', join(folder, path))
  else copyFileSync(path, join(folder, path))
}

/** Every library that the programs load, as ldd resolves them, the loader included. */
function librariesOf(paths: readonly string[]): Set<string> {
  const output = execFileSync(
    'ldd',
    paths.map((path) => realpathSync(path)),
    { encoding: 'utf8' },
  )
  return new Set([...output.matchAll(/(?:=>\s+)?(\/[^\s:]+\.so[^\s:]*)\s+\(0x/g)].flatMap(([, path]) => path ?? []))
}

/** The version in the root package.json. */
export function productVersion(): string {
  return (JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string }).version
}
