/** Sentinel's own Worker, from the side of those who ask it. */
import type { SentinelOperationsApi } from '@pbstream/core/message/AlertChannels'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { Refusal } from '../Problem.ts'

/** @throws {Refusal} temporarily_unavailable when it does not answer. */
export async function sentinel<T>(env: Env, ask: (operations: SentinelOperationsApi) => Promise<T>): Promise<T> {
  if (env.SENTINEL === undefined) throw new Refusal('temporarily_unavailable')
  try {
    return await ask(env.SENTINEL)
  } catch (error) {
    log('sentinel_not_asked', { error: error instanceof Error ? error.name : 'unknown' })
    throw new Refusal('temporarily_unavailable')
  }
}
