/** Requests out of the documented schemas: mostly such as fit them, and often such as nearly do. */
import fc from 'fast-check'
import { type Operation, type Schema, schemas } from './document.ts'

/** What breaks programs: texts that databases, URLs, spreadsheets and prototypes stumble over, and numbers at edges. */
export const NASTY: unknown[] = [
  ...['', ' ', '\u0000', '\ud800', '\u202e', 'a'.repeat(5_000), '💸'.repeat(50), "'; drop table audit; --", '%', '%00'],
  ...['../../x', '__proto__', 'constructor', 'toString', 'null', 'NaN', '-0', '1e999', '0x', '=1+1', '[]', '\r\nx: y'],
  ...[0, -1, 1.5, 1e308, -0, 2 ** 53, 2 ** 31, 2 ** 63, null, true, [], {}, [[[[]]]], { a: { a: { a: {} } } }],
  ...['9'.repeat(80), '115792089237316195423570985008687907853269984665640564039457584007913129639936'],
  JSON.parse('{"__proto__": {"admin": true}}'),
]

const nasty = fc.constantFrom(...NASTY)

export type Known = Record<string, string[]>

/** Values that fit a schema, and with one chance in eight at any place something else. `known`: ids that exist. */
export function valueOf(schema: Schema, known: string[], depth = 0): fc.Arbitrary<unknown> {
  const fits = fitting(resolve(schema), known, depth)
  return fc.oneof({ weight: 7, arbitrary: fits }, { weight: 1, arbitrary: nasty })
}

function resolve(schema: Schema): Schema {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined
  return name === undefined ? schema : (schemas[name] ?? {})
}

function fitting(schema: Schema, known: string[], depth: number): fc.Arbitrary<unknown> {
  const of = (each: unknown) => valueOf(each as Schema, known, depth + 1)
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined
  if (depth > 8) return fc.constant(null)
  if (choices !== undefined) return fc.oneof(...choices.map(of))
  if (Array.isArray(schema['allOf'])) return merged(schema['allOf'] as Schema[], known, depth)
  if (schema['const'] !== undefined) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]))
  const types = Array.isArray(schema['type']) ? (schema['type'] as string[]) : [String(schema['type'])]
  return fc.oneof(...types.map((type) => ofType(type, schema, known, of)))
}

function merged(parts: Schema[], known: string[], depth: number): fc.Arbitrary<unknown> {
  const all = parts.map((part) => fitting(resolve(part), known, depth + 1))
  return fc.tuple(...all).map((values) => Object.assign({}, ...values) as unknown)
}

function ofType(type: string, schema: Schema, known: string[], of: (schema: unknown) => fc.Arbitrary<unknown>) {
  switch (type) {
    case 'string':
      return string(schema, known)
    case 'integer':
    case 'number':
      return number(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(of(schema['items'] ?? {}), { maxLength: 4 })
    case 'object':
      return object(schema, of)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function string(schema: Schema, known: string[]): fc.Arbitrary<unknown> {
  const example = typeof schema['example'] === 'string' ? [schema['example']] : []
  const pattern = schema['pattern']
  const at = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') })
  if (schema['format'] === 'date-time') return at.map((time) => time.toISOString())
  if (typeof pattern === 'string') return fc.oneof(fc.stringMatching(simple(pattern)), ...example.map(fc.constant))
  const { minLength: min, maxLength: max } = schema as { minLength?: number; maxLength?: number }
  const free = fc.string({ unit: 'grapheme', minLength: Math.min(min ?? 0, 8), maxLength: Math.min(max ?? 20, 20) })
  const texts = ['https://api.example.com/x', '/acme/v1/*', 'api.example.com', ...example, ...known]
  return fc.oneof(free, fc.constantFrom(...texts))
}

/** Without what the generator does not know: look-ahead. */
function simple(pattern: string): RegExp {
  try {
    const made = new RegExp(pattern)
    fc.sample(fc.stringMatching(made), 1)
    return made
  } catch {
    return /^[a-z0-9]{1,20}$/
  }
}

function number(schema: Schema): fc.Arbitrary<number> {
  const { minimum: min = -10, maximum: max = 2 ** 40 } = schema as { minimum?: number; maximum?: number }
  return fc.oneof(
    fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) }),
    fc.constantFrom(min, max),
  )
}

function object(schema: Schema, of: (schema: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  const required = (schema['required'] ?? []) as string[]
  const known = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, of(each)]))
  const fits = fc.record(known, { requiredKeys: required })
  const more = fc.tuple(fits, fc.constantFrom('extra', '__proto__x', ''), nasty)
  const less = fc.tuple(fits, fc.constantFrom(...(required.length === 0 ? ['none'] : required)))
  return fc.oneof(
    { weight: 10, arbitrary: fits },
    { weight: 1, arbitrary: more.map(([value, name, extra]) => ({ ...value, [name]: extra })) },
    { weight: 1, arbitrary: less.map(([value, name]) => ({ ...value, [name]: undefined })) },
  )
}

export type Sent = { path: string; headers: Record<string, string>; body: string | undefined }

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** A request of an operation. `known` ids go where ids go. */
export function requestOf({ path, method, parameters, body }: Operation, known: string[]): fc.Arbitrary<Sent> {
  const ids = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: nasty.map(text) })
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => [name, ids] as const)
  const inQuery = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => [name, valueOf(schema, known).map(text)] as const)
  const needed = parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true)
  const headers = fc.record(
    {
      'if-match': fc.constantFrom('"1"', '"1"', '"1"', '"2"', '*', 'W/"1"', '""', '1'),
      'pbstream-mode': fc.constantFrom('live', 'live', 'live', 'test', 'prod'),
      'pbstream-confirmation': fc.constantFrom('x', `4000000000:0x${'00'.repeat(32)}:0x12`, '::'),
      'content-type': fc.constantFrom('application/json', 'application/json', 'application/json', 'text/plain'),
    },
    { requiredKeys: ['if-match', 'content-type'] },
  )
  const raw = fc.constantFrom('', '{', 'null', '[]', '"x"', '{"a":1,"a":2}', '\ufeff{}')
  const bodies =
    body === undefined ? fc.constant(undefined) : valueOf(body, known).map((value) => JSON.stringify(value))
  return fc
    .record({
      path: fc.record(Object.fromEntries(inPath)),
      query: fc.record(Object.fromEntries(inQuery), { requiredKeys: needed.map(({ name }) => name) }),
      headers,
      body:
        method === 'GET'
          ? fc.constant(undefined)
          : fc.oneof({ weight: 12, arbitrary: bodies }, { weight: 1, arbitrary: raw }),
    })
    .map((made) => {
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => safe(made.path[name] ?? 'x'))
      const search = Object.entries(made.query).map(([name, value]) => `${name}=${safe(String(value))}`)
      return {
        path: search.length === 0 ? filled : `${filled}?${search.join('&')}`,
        headers: made.headers as Record<string, string>,
        body: made.body,
      }
    })
}

/** Half a surrogate has no form in a URL; sent as the bytes that lenient clients make of it. */
function safe(value: string): string {
  return value.isWellFormed() ? encodeURIComponent(value) : '%ED%A0%80'
}
