import { errorKinds } from '@sluice/base'
import { z } from 'zod'

/** One input problem inside an error answer, with the path into the body and, for YAML, the place in the text. */
export const issueView = z.object({
  path: z.array(z.union([z.string(), z.number()])).optional(),
  code: z.string().optional(),
  message: z.string(),
  hint: z.string().optional(),
  file: z.string().optional(),
  line: z.number().int().optional(),
  column: z.number().int().optional(),
  severity: z.enum(['error', 'warning', 'note']).optional(),
})
export type IssueView = z.infer<typeof issueView>

/** The one shape of every error answer, of the public API and of both protocols. */
export const errorBody = z
  .object({
    error: z.object({
      kind: z.enum(errorKinds as [string, ...string[]]),
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      /** Facts a program can use; `issues` holds all input problems. */
      details: z.record(z.string(), z.unknown()).optional(),
      requestId: z.string(),
    }),
  })
  .meta({ id: 'ErrorBody' })
export type ErrorBody = z.infer<typeof errorBody>

/** HTTP status of each error kind. Protocol errors may carry a more specific status (410, 416, 423, 426). */
export const statusOfKind: Readonly<Record<string, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  failedPrecondition: 412,
  limitExceeded: 413,
  unavailable: 503,
  timeout: 504,
  canceled: 499,
  internal: 500,
}
