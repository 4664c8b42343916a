/** `changelogFile` → `changelog-file`: how flags and commands are written on the command line. */
export function toKebab(name: string): string {
  return name.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `changelogFile` → `CHANGELOG_FILE`: the end of an environment variable's name. */
export function toSnake(name: string): string {
  return toKebab(name).replaceAll('-', '_').toUpperCase()
}

/** How names of the command line and of keys are compared: without regard to case. */
export function fold(name: string): string {
  return name.toLowerCase()
}
