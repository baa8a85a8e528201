import type { ApiContext } from './Types.ts'

/** Work that the answer need not wait for, and that may fail. Waited for where the platform cannot keep it running. */
export async function later(c: ApiContext, work: () => Promise<void>): Promise<void> {
  const done = work().catch(() => {})
  try {
    c.executionCtx.waitUntil(done)
  } catch {
    await done
  }
}
