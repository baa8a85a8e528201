/** Comparison that takes as long whatever differs. */

/** Whether two byte strings are the same. Their lengths are no secret. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ (b[i] as number)
  return difference === 0
}
