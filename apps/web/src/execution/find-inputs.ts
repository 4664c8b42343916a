const inputsMax = 20

/**
 * Names of the variables in a pipeline's YAML whose value is an input: suggestions for a form, found without parsing. The server checks
 * what is given, so a name missed here can still be typed, and stage variables (`stage.name`) always are.
 */
export function findInputs(yaml: string): string[] {
  const end = /^ {2}stages:/m.exec(yaml)?.index ?? yaml.length
  const found: string[] = []
  let name: string | undefined
  for (const line of yaml.slice(0, end).split('\n')) {
    const named = /^\s*(?:-\s+)?name:\s*["']?([A-Za-z_][\w$]*)["']?\s*$/.exec(line)?.[1]
    if (named !== undefined) name = named
    if (name !== undefined && /^\s*(?:-\s+)?value:\s*["']?<\+input>/.test(line) && found.length < inputsMax) {
      found.push(name)
      name = undefined
    }
  }
  return found
}
