/** An image's full name: `postgres:17` is `docker.io/library/postgres:17`, as the container runtimes read it. */
export function canonicalImage(image: string): string {
  const slash = image.indexOf('/')
  const first = slash < 0 ? '' : image.slice(0, slash)
  if (first !== '' && (first.includes('.') || first.includes(':') || first === 'localhost')) {
    const registry = first.toLowerCase()
    return `${registry === 'index.docker.io' ? 'docker.io' : registry}${image.slice(slash)}`
  }
  return slash < 0 ? `docker.io/library/${image}` : `docker.io/${image}`
}

/** Whether an image's name begins with a prefix that ends between parts: `registry/team` fits `registry/team/app`, not `registry/team2`. */
export function matchesImagePrefix(prefix: string, image: string): boolean {
  // A registry alone, with or without its slash.
  const isRegistry =
    !prefix.includes('/') && (prefix.includes('.') || prefix === 'localhost' || /:\d+$/.test(prefix)) && !/:\D/.test(prefix)
  const start = isRegistry ? `${prefix.toLowerCase()}/` : canonicalImage(prefix)
  const name = canonicalImage(image)
  if (!name.startsWith(start)) return false
  return start.endsWith('/') || start.endsWith(':') || name.length === start.length || '/:@'.includes(name.charAt(start.length))
}
