import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves with the first value of `read` that is neither undefined nor false.
 *
 * @throws Error naming `what` when there is none within `timeoutMs`.
 */
export async function until<T>(
  what: string,
  read: () => Promise<T> | T,
  timeoutMs = 20_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>
    if (Date.now() > deadline) throw new Error(`timed out waiting until ${what}`)
    await delay(25)
  }
}
