import { stringify } from 'yaml'

/** An entity as the YAML that `sluice apply` reads. In a file of its own: the YAML library is loaded only where something is shown in it. */
export function formatEntity(kind: string, spec: Readonly<Record<string, unknown>>): string {
  return kind === 'pipeline' ? String(spec['yaml']) : stringify({ [kind]: spec })
}
