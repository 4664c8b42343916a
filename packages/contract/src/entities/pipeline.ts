import { z } from 'zod'
import { limits } from '@sluice/base'
import { projectHead } from './entity-head.ts'

/** A pipeline as stored: its YAML is the truth; the other fields repeat what the YAML says and are checked against it. */
export const pipelineEntity = z
  .strictObject({
    ...projectHead,
    yaml: z.string().min(1).max(limits.yamlBytesMax),
  })
  .meta({ id: 'Pipeline' })
export type PipelineEntity = z.infer<typeof pipelineEntity>
