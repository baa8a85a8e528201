import { z } from '@hono/zod-openapi'
import { errors } from '@pbstream/core/Errors'

export const ProblemSchema = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().openapi({ enum: Object.keys(errors) }),
    detail: z.string().optional(),
    hint: z.string(),
    retryable: z
      .boolean()
      .openapi({ description: 'Whether the same request may succeed later without being changed.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .openapi({
        description: 'What does not fit the schema; `field` as a JSON pointer into the body, or a parameter.',
      }),
  })
  .openapi('Problem')
