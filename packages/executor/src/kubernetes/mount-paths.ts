import { podLayout } from '@sluice/contract'

/**
 * Folders that containers need as they are, the runner's before all: what lies there is its code, its files, and what tells users and name servers.
 * A volume of an author's over one of them would put that author's code into the container that holds every value of the group.
 */
const own = [
  '/sluice',
  podLayout.temporary,
  '/opt/sluice',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/proc',
  '/sys',
  '/dev',
  '/etc',
  '/var/run/secrets',
  '/run/secrets',
]

/** What is wrong with a path where an author wants a volume, or undefined. */
export function mountPathProblem(path: string): { readonly message: string; readonly hint: string } | undefined {
  if (!path.startsWith('/') || path.length > 512 || /[:\0]/.test(path) || path.split('/').includes('..')) {
    return { message: `"${path.slice(0, 200)}" is no path to mount at.`, hint: 'Use an absolute path.' }
  }
  const clean = cleanPath(path)
  // Also above one of them: it would be hidden.
  const isOwn = own.some((folder) => isWithin(clean, folder) || isWithin(folder, clean))
  return isOwn
    ? { message: `"${path}" is used by Sluice in every container.`, hint: 'Mount the volume somewhere else.' }
    : undefined
}

/** One spelling for each absolute path without `..`. */
export function cleanPath(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
}

function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}
