/**
 * Whether a text fits a pattern in which `*` stands for any run of characters but `/`, and a last part `**` for any number of parts.
 * Everything else is literal. Takes time proportional to pattern times text at worst, whatever they are.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const patternParts = pattern.split('/')
  const parts = text.split('/')
  const isOpen = patternParts.at(-1) === '**'
  if (isOpen) {
    patternParts.pop()
    if (parts.length <= patternParts.length) return false
  } else if (parts.length !== patternParts.length) return false
  return patternParts.every((part, index) => matchesPart(part, parts[index] ?? ''))
}

/** Whether a text fits any of the patterns. */
export function matchesAnyGlob(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text))
}

/**
 * Whether a canonical target key (`postgresql://db.example.com:5432/shop`) fits a pattern: with its scheme, or from the host on
 * (`*.example.com:5432/shop`); `*` alone fits every target. Canonical keys write this host itself as `localhost`, so a pattern may
 * name it by its loopback addresses too.
 */
export function matchesTarget(pattern: string, target: string): boolean {
  if (pattern === '*') return true
  const rest = pattern.includes('://') ? target : target.slice(target.indexOf('://') + 3)
  const wanted = pattern.replace(/^((?:[a-z]+:\/\/)?)(?:127\.0\.0\.1|\[::1\])(?=[:/])/, '$1localhost')
  return target.includes('://') && matchesGlob(wanted, rest)
}

/** One part, between slashes: on a mismatch the last `*` takes one more character, which is enough to be exact. */
function matchesPart(pattern: string, text: string): boolean {
  let at = 0
  let patternAt = 0
  let starAt = -1
  let starText = 0
  while (at < text.length) {
    if (pattern[patternAt] === '*') {
      starAt = patternAt++
      starText = at
    } else if (patternAt < pattern.length && pattern[patternAt] === text[at]) {
      patternAt += 1
      at += 1
    } else if (starAt >= 0) {
      patternAt = starAt + 1
      at = ++starText
    } else return false
  }
  while (pattern[patternAt] === '*') patternAt += 1
  return patternAt === pattern.length
}
