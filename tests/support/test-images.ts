import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestRegistry } from '@sluice/testkit'

/** What kind of image a step may name. */
export type ImageKind = 'busybox' | 'glibc' | 'bare'

/**
 * Images for Run steps, made of files of this machine and pushed to the test registry; returns their names in it.
 * `busybox`: a static busybox with its applets, as Alpine has them. `glibc`: bash, dash and coreutils with their libraries, default user
 * root. `bare`: one static program and no shell, as distroless images are, with a default user of its own.
 */
export function pushImages(registry: TestRegistry, tag: string): Record<ImageKind, string> {
  const storage = join(tmpdir(), 'sluice-test-images')
  const names: Record<ImageKind, string> = { busybox: `busybox:${tag}`, glibc: `glibc:${tag}`, bare: `bare:${tag}` }
  for (const [kind, name] of Object.entries(names) as [ImageKind, string][]) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'))
    try {
      fill[kind](folder)
      const buildah = (...args: string[]): string =>
        execFileSync('buildah', ['--storage-driver', 'vfs', '--root', storage, ...args], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      buildah('bud', '--isolation', 'chroot', '-t', `${registry.host}/${name}`, folder)
      const creds = `${registry.user}:${registry.password}`
      buildah('push', '--tls-verify=false', '--creds', creds, `${registry.host}/${name}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return names
}

const fill: Readonly<Record<ImageKind, (folder: string) => void>> = {
  busybox(folder) {
    copy('/bin/busybox', folder, '/bin/busybox')
    for (const applet of [
      'sh',
      'ls',
      'cat',
      'id',
      'echo',
      'sleep',
      'env',
      'seq',
      'ps',
      'head',
      'printf',
      'test',
      'true',
      'false',
      'grep',
    ]) {
      symlinkSync('busybox', join(folder, 'bin', applet))
    }
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY bin /bin\nENV PATH=/bin\nUSER 1000\n')
  },
  glibc(folder) {
    for (const program of ['bash', 'dash', 'ls', 'cat', 'id', 'sleep', 'env', 'seq', 'head', 'tail']) copyProgram(program, folder)
    symlinkSync('dash', join(folder, 'bin', 'sh'))
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY . /\nENV PATH=/bin\n')
  },
  bare(folder) {
    copy('/bin/busybox', folder, '/app/tool')
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY app /app\nENV PATH=/app\nUSER 65000\n')
  },
}

function copyProgram(name: string, folder: string): void {
  const path = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  copy(path, folder, `/bin/${name}`)
  const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/(\/\S+\.so\S*)/g)
  for (const [, library = ''] of libraries) copy(library, folder, library)
}

function copy(from: string, folder: string, to: string): void {
  const path = join(folder, to)
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(from, path)
  chmodSync(path, 0o755)
}
