import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestRegistry } from '@sluice/testkit'

/** What kind of image a step may name. */
export type ImageKind = 'busybox' | 'glibc' | 'bare' | 'musl'

/**
 * Images for Run steps, made of files of this machine and pushed to the test registry; returns their names in it.
 * `busybox`: a static busybox with its applets, as Alpine has them. `glibc`: bash, dash and coreutils with their libraries, default user
 * root. `bare`: one static program and no shell, as distroless images are, with a default user of its own. `musl`: a program linked with musl, its
 * loader and no shell, with a default user that has a name; to make it needs `musl-gcc`. `kinds`: which of them are made.
 */
export function pushImages(
  registry: TestRegistry,
  tag: string,
  kinds: readonly ImageKind[] = ['busybox', 'glibc', 'bare'],
): Record<ImageKind, string> {
  const storage = join(tmpdir(), 'sluice-test-images')
  const names: Record<ImageKind, string> = {
    busybox: `busybox:${tag}`,
    glibc: `glibc:${tag}`,
    bare: `bare:${tag}`,
    musl: `musl:${tag}`,
  }
  for (const kind of kinds) {
    const name = names[kind]
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
  musl(folder) {
    const source = join(folder, 'libc.c')
    writeFileSync(source, whichLibrary)
    mkdirSync(join(folder, 'bin'))
    execFileSync('musl-gcc', ['-o', join(folder, 'bin/which-libc'), source])
    // The loader is the C library, by the name that is written into every program that is linked with it.
    const loader = join('/lib', readdirSync('/lib').find((name) => /^ld-musl-.*\.so\.1$/.test(name)) ?? 'ld-musl')
    copy(loader, folder, loader)
    mkdirSync(join(folder, 'etc'))
    writeFileSync(join(folder, 'etc/passwd'), 'app:x:1234:1234::/:/bin/which-libc\n')
    writeFileSync(
      join(folder, 'Dockerfile'),
      'FROM scratch\nCOPY bin /bin\nCOPY lib /lib\nCOPY etc /etc\nENV PATH=/bin\nUSER app\n',
    )
  },
  bare(folder) {
    copy('/bin/busybox', folder, '/app/tool')
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY app /app\nENV PATH=/app\nUSER 65000\n')
  },
}

/** Says by which C library it runs, as the process's own memory shows it. */
const whichLibrary = `
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void) {
  char line[4096];
  int musl = 0, glibc = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  if (!maps) return 1;
  while (fgets(line, sizeof line, maps)) {
    if (strstr(line, "ld-musl")) musl = 1;
    if (strstr(line, "libc.so.6")) glibc = 1;
  }
  printf("%s as %d\\n", musl && !glibc ? "musl" : "not musl", (int)getuid());
  return 0;
}
`

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
