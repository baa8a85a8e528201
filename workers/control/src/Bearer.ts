/** Who may see numbers and who may act: bearer keys that are secrets of the deployment. */

/** A key that can be guessed is none. */
const MIN_KEY = 16

/** Whether a request brings this key. Without a key, or with one that is too short, nobody does. */
export async function bears(request: Request, key: string | undefined): Promise<boolean> {
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (given === undefined || key === undefined || key.length < MIN_KEY) return false
  // Hashes are compared, so that neither the length nor the place of a difference shows in the time it takes.
  const [a, b] = await Promise.all(
    [given, key].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))),
  )
  return a !== undefined && b !== undefined && crypto.subtle.timingSafeEqual(a, b)
}
