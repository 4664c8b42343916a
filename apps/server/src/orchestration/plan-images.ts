import type { DockerRegistryConnectorSpec } from '@sluice/contract'

/** An image reference, taken apart: `registry.example.com:5000/team/app:1.2`. */
export interface ImageName {
  /** Lower case, with its port; absent where the name leaves it out, which means Docker Hub. */
  readonly host: string | undefined
  /** Everything behind the host, with tag and digest. */
  readonly path: string
}

/** Docker's rule: the first part is a registry when it has a dot or a colon, or is `localhost`. */
export function parseImageName(image: string): ImageName {
  const slash = image.indexOf('/')
  const first = slash < 0 ? '' : image.slice(0, slash)
  if (first === 'localhost' || /[.:]/.test(first)) return { host: first.toLowerCase(), path: image.slice(slash + 1) }
  return { host: undefined, path: image }
}

/** The registry that a connector's address means, and the folder in it that the address may name. */
export function parseRegistryUrl(url: string): { readonly host: string; readonly prefix: string } {
  const rest = url.trim().replace(/^https?:\/\//i, '')
  const slash = rest.indexOf('/')
  const host = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase()
  // `/v1/` and `/v2/` are the registry's API, no folder.
  const path = slash < 0 ? '' : rest.slice(slash + 1).replace(/^v[12](?:\/|$)/, '')
  const prefix = path.replace(/^\/+|\/+$/g, '')
  const isHub = ['index.docker.io', 'registry.hub.docker.com', 'registry-1.docker.io', 'docker.io'].includes(host)
  return { host: isHub ? 'docker.io' : host, prefix }
}

/** Whether a text can be an image reference at all; what it names is for the registry to say. */
export function isImageName(image: string): boolean {
  return image.length <= 1024 && /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/.test(image)
}

export interface ImageChoice {
  /** As the step or setting says it. */
  readonly image: string
  readonly connector: DockerRegistryConnectorSpec | undefined
  /** Of the account: put in front of images that name no registry; empty for none. */
  readonly imageRegistry: string
}

/**
 * The image to pull. One without a registry is the connector's, in the folder that its address names; without a connector, or with Docker
 * Hub's, it comes from the account's own registry where there is one. Then the connector's mirrors apply, the longest prefix first.
 * `otherHost` is set when the image names another registry than the connector, whose credentials would be of no use.
 */
export function chooseImage({ image, connector, imageRegistry }: ImageChoice): { image: string; otherHost?: string } {
  const { host, path } = parseImageName(image)
  const registry = connector === undefined ? undefined : parseRegistryUrl(connector.dockerRegistryUrl)
  const isHub = host === undefined ? registry === undefined || registry.host === 'docker.io' : host === 'docker.io'
  const inRegistry = registry !== undefined && host === undefined && registry.host !== 'docker.io'
  const full = inRegistry ? [registry.host, registry.prefix, path].filter((part) => part !== '').join('/') : image
  const mirrored = mirror(full, connector?.mirrors ?? {})
  if (mirrored !== full) return { image: mirrored }
  if (isHub && imageRegistry !== '') return { image: `${imageRegistry.replace(/\/+$/, '')}/${path}` }
  const isOther = registry !== undefined && (host ?? registry.host) !== registry.host
  return isOther ? { image: full, otherHost: host ?? '' } : { image: full }
}

/** Replaces the longest prefix that ends at a part's end. Docker Hub's short names count as `docker.io/library/…`. */
function mirror(image: string, mirrors: Readonly<Record<string, string>>): string {
  const { host, path } = parseImageName(image)
  const long = host === undefined ? `docker.io/${path.includes('/') ? path : `library/${path}`}` : image
  const prefixes = Object.keys(mirrors).toSorted((left, right) => right.length - left.length)
  for (const prefix of prefixes) {
    const from = prefix.replace(/\/+$/, '')
    const next = long[from.length]
    if (!long.startsWith(from) || (next !== '/' && next !== ':' && next !== '@')) continue
    return `${(mirrors[prefix] ?? '').replace(/\/+$/, '')}${long.slice(from.length)}`
  }
  return image
}
