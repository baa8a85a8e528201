/** Reads the bodies that a provider's own server sends. */
import type * as z from 'zod'

/** Each body as it is read. */
type Bodies<S extends Record<string, z.ZodType>> = { [kind in keyof S]: z.infer<S[kind]> }

/** A reader of bodies by their schemas. `detail` names the member at fault, and quotes nothing of it. Never throws. */
export function reader<S extends Record<string, z.ZodType>>(schemas: S) {
  return <K extends keyof S>(
    kind: K,
    value: unknown,
  ): { ok: true; value: Bodies<S>[K] } | { ok: false; detail: string } => {
    const parsed = schemas[kind]?.safeParse(value)
    if (parsed?.success === true) return { ok: true, value: parsed.data as Bodies<S>[K] }
    const path = parsed?.error.issues[0]?.path.map(String).join('.') ?? ''
    return { ok: false, detail: path === '' ? 'not the documented object' : `${path.slice(0, 100)} cannot be used` }
  }
}
