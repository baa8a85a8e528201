/** The objects in which keys are enforced. */
import type { PolicyStanding, SessionRef, SetPolicyReply, StreamSessionApi } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import { nameOf } from './Model.ts'

type Object = Pick<StreamSessionApi, 'setPolicy' | 'policy'>

const TRIES = 3

/** Puts a policy in force; from the answer on it is. */
export function setPolicy(env: Env, ref: SessionRef, policy: Policy): Promise<SetPolicyReply> {
  return asked(env, ref, (object) => object.setPolicy(1, ref, policy))
}

/** What is in force; undefined: nobody manages the key there. */
export function standing(env: Env, ref: SessionRef): Promise<PolicyStanding | undefined> {
  return asked(env, ref, (object) => object.policy(1))
}

const VERSIONS = 5

/**
 * Puts a policy in force at its version or, where that was taken by a change that was cut off, at the next that is free.
 * `forced` is the policy as it went in.
 *
 * @throws {Refusal} session_key_conflict when the object was revoked and this is no revocation.
 */
export async function force(
  env: Env,
  ref: SessionRef,
  policy: Policy,
): Promise<{ forced: Policy; reply: SetPolicyReply }> {
  let forced = policy
  for (let i = 0; i < VERSIONS; i++) {
    const reply = await setPolicy(env, ref, forced)
    if (reply.applied) return { forced, reply }
    if (reply.status === 'revoked' && policy.status !== 'revoked') throw new Refusal('session_key_conflict')
    forced = { ...forced, version: reply.version + 1 }
  }
  throw new Refusal('temporarily_unavailable')
}

/** Every call can be repeated: an object that was replaced while it worked is asked anew. */
export async function asked<T, Of = Object>(env: Env, ref: SessionRef, ask: (object: Of) => Promise<T>): Promise<T> {
  const { STREAM_SESSION: sessions } = env
  if (sessions === undefined) throw new Error('there is no STREAM_SESSION binding')
  for (let tries = 1; ; tries++) {
    try {
      return await ask(sessions.getByName(nameOf(ref)) as unknown as Of)
    } catch (error) {
      if (tries >= TRIES || (error as { overloaded?: boolean }).overloaded === true) {
        throw new Refusal('temporarily_unavailable')
      }
    }
  }
}
