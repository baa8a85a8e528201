import * as Amount from '@pbstream/core/Amount'
import type { Extensions } from '@pbstream/core/Challenge'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as SessionNonce from '@pbstream/core/session/SessionNonce'
import { type Gateway, homeOf, type PaidCall } from '../Call.ts'
import type { Masters } from './Masters.ts'

/** Advice for the room of a session: so many calls, or 10 cents, whichever is more. */
const CALLS = 100n
const LEAST_ROOM = 100_000n

/** What the gateway says of its sessions, with a fresh nonce. `price`: of one call, in atomic units. */
export async function info(
  { ports }: Pick<Gateway, 'ports'>,
  masters: Masters,
  origin: string,
  price = 0n,
): Promise<OpenSession.Info> {
  const random = ports.random(SessionNonce.RANDOM_BYTES)
  const nonce = await SessionNonce.make(origin, ports.now(), random, masters.nonce)
  const room = Amount.max(LEAST_ROOM, Amount.min(Amount.MAX, CALLS * price))
  return OpenSession.info(origin, nonce, room)
}

/** The extension of a 402 that offers sessions; none where there are none. */
export async function sessionExtension(call: PaidCall): Promise<Extensions> {
  const { masters } = call.gateway
  if (masters === undefined) return {}
  return OpenSession.extension(await info(call.gateway, masters, homeOf(call), call.price))
}
