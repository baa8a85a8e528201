/** Sentinel in the objects of keys. Every call can be repeated. */
import type { SentinelSessionApi } from '@pbstream/core/message/Sentinel'
import type { SessionRef } from '@pbstream/core/message/Session'
import type { Env } from '../Env.ts'
import { asked } from '../keys/Edge.ts'

/** @throws {Refusal} temporarily_unavailable when the object does not answer. */
export function inObject<T>(env: Env, ref: SessionRef, ask: (object: SentinelSessionApi) => Promise<T>): Promise<T> {
  return asked<T, SentinelSessionApi>(env, ref, ask)
}
