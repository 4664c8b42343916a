import { useQuery } from '@tanstack/react-query'
import { whoamiQuery } from '../api/execution-queries.ts'

const roles = ['viewer', 'operator', 'editor', 'admin'] as const

/** Whether the caller may do what needs a role, and if not, the sentence that a button shows. The server decides again. */
export function useRole(needed: (typeof roles)[number]): { readonly whyNot: string | undefined } {
  const { data } = useQuery({ ...whoamiQuery(), staleTime: Number.POSITIVE_INFINITY })
  if (data === undefined || roles.indexOf(data.role) >= roles.indexOf(needed)) return { whyNot: undefined }
  return { whyNot: `This needs the role "${needed}"; yours is "${data.role}".` }
}
