/** Where the schemas that the API checks with and the document that clients are made from differ about null. */
import { type Schema, schemas } from './document.ts'

/** A zod schema as far as it is walked. */
export type Checked = {
  safeParse(value: unknown): { success: boolean }
  _zod: {
    def: {
      type: string
      shape?: Record<string, Checked>
      element?: Checked
      innerType?: Checked
      in?: Checked
      options?: Checked[]
      valueType?: Checked
      getter?: () => Checked
    }
  }
}

/** Members that take null in one and not in the other, by their places below `at`. */
export function differences(checked: Checked, shown: unknown, at: string, seen = new Set<Checked>()): string[] {
  if (seen.has(checked)) return []
  seen.add(checked)
  if (shown === undefined) return [`${at}: is not in the document`]
  const takes = checked.safeParse(null).success
  const here = takes === takesNull(shown) ? [] : [`${at}: ${takes ? 'takes' : 'does not take'} null`]
  return [...here, ...below(checked, shown).flatMap(([name, part, of]) => differences(part, of, at + name, seen))]
}

/** The parts of a schema, and what the document has for each. */
function below({ _zod: { def } }: Checked, shown: unknown): [name: string, part: Checked, shown: unknown][] {
  const inner = def.innerType ?? def.in ?? def.getter?.()
  if (def.shape !== undefined) {
    return Object.entries(def.shape).map(([name, part]) => [`.${name}`, part, memberOf(shown, name)])
  }
  if (def.element !== undefined) return [['[]', def.element, find(shown, 'items')]]
  if (def.options !== undefined) {
    const choices = (find(shown, 'anyOf') ?? find(shown, 'oneOf') ?? []) as unknown[]
    return def.options.map((part, i) => [`|${i}`, part, choices[i]])
  }
  if (def.valueType !== undefined) return [['{}', def.valueType, find(shown, 'additionalProperties')]]
  if (inner === undefined) return []
  return [['', inner, def.type === 'nullable' ? withoutNull(shown) : shown]]
}

function resolve(shown: unknown): Schema {
  const { $ref } = (shown ?? {}) as Schema
  return typeof $ref === 'string' ? resolve(schemas[$ref.split('/').at(-1) ?? '']) : ((shown ?? {}) as Schema)
}

const choicesOf = (shown: Schema) => (shown['anyOf'] ?? shown['oneOf'] ?? []) as unknown[]

function takesNull(shown: unknown): boolean {
  const schema = resolve(shown)
  const { type, allOf, enum: values } = schema
  const choices = choicesOf(schema)
  if (choices.length > 0) return choices.some(takesNull)
  if (Array.isArray(allOf)) return allOf.every(takesNull)
  if (Array.isArray(type)) return type.includes('null')
  if (type !== undefined) return type === 'null'
  // Nothing is said of its type: it takes anything.
  return !Array.isArray(values) && !('const' in schema)
}

function withoutNull(shown: unknown): unknown {
  const schema = resolve(shown)
  const { type } = schema
  const rest = choicesOf(schema).filter((choice) => resolve(choice)['type'] !== 'null')
  if (rest.length > 0) return rest.length === 1 ? rest[0] : { anyOf: rest }
  return Array.isArray(type) ? { ...schema, type: type.find((each) => each !== 'null') } : schema
}

/** What it, or one of the schemas that it is made of, says by a keyword. */
function find(shown: unknown, keyword: string): unknown {
  return partsOf(shown).find((part) => part[keyword] !== undefined)?.[keyword]
}

function memberOf(shown: unknown, name: string): unknown {
  return partsOf(shown)
    .map(({ properties }) => (properties as Schema | undefined)?.[name])
    .find((each) => each !== undefined)
}

function partsOf(shown: unknown): Schema[] {
  const schema = resolve(shown)
  return [schema, ...choicesOf(schema), ...((schema['allOf'] ?? []) as unknown[])].map(resolve)
}
