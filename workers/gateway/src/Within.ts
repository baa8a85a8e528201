/** How long a call waits for a database: one that takes longer is as good as away. */
export const DATABASE_MS = 3_000

/** What `work` comes to; undefined when it fails, or takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  try {
    return await timely(ms, work)
  } catch {
    return undefined
  }
}

/**
 * What `work` comes to.
 *
 * @throws what it throws, or when it takes longer than `ms`; what comes of it later is not looked at.
 */
export async function timely<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('it took too long')), ms)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
