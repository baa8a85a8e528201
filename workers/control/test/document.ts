/** Every operation of the API, from what the API says of itself. */
import { document } from '../src/App.ts'
import { ORIGIN } from './people.ts'

export type Schema = Record<string, unknown>
export type Parameter = { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }
export type Operation = {
  id: string
  method: string
  /** With `{…}` for parameters. */
  path: string
  access: string
  parameters: Parameter[]
  body: Schema | undefined
}

const whole = document(ORIGIN) as unknown as {
  paths: Record<string, Record<string, Record<string, unknown>>>
  components: { schemas: Record<string, Schema> }
}

export const schemas = whole.components.schemas

export const operations: Operation[] = Object.entries(whole.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    id: String(operation['operationId']),
    method: method.toUpperCase(),
    path,
    access: String(operation['x-pbstream-access']),
    parameters: (operation['parameters'] ?? []) as Parameter[],
    body: (operation['requestBody'] as { content: Record<string, { schema: Schema }> } | undefined)?.content[
      'application/json'
    ]?.schema,
  })),
)
