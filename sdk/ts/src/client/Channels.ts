/** How the channels of a payer stand: those that sessions spend, and those that only vouchers have paid from. */
import * as Amount from '@pbstream/core/Amount'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import type { Algorithm } from '@pbstream/core/session/OpenSession'
import type { Channel } from './Channel.ts'
import type { Context } from './Context.ts'
import * as Endpoint from './Endpoint.ts'
import type { Session } from './Session.ts'
import type { Sessions } from './Sessions.ts'

/** A channel, as the payer knows it. Amounts are atomic units; `expires` in Unix seconds. */
export type ChannelInfo = {
  origin: string
  network: string
  payTo: string
  channelId: string
  /** All that was charged or is set aside for requests and leases, as the gateway said last. */
  charged: bigint
  /** What the receiver can take at most on the strength of all vouchers. */
  signed: bigint
  /** What the channel holds: deposits less refunds. */
  funds: bigint
  /** The session that is open on it. */
  session?: { algorithm: Algorithm; expires: number }
}

/** @param ask whether gateways are asked first how channels stand on which a session is open. Signs nothing higher. */
export async function channels(
  context: Context,
  sessions: Sessions,
  { origin, ask = false }: { origin?: string; ask?: boolean },
): Promise<ChannelInfo[]> {
  const open = new Map((await sessions.all()).map((session) => [session.channel.id, session]))
  const all = (await context.book.all()).filter(
    (channel) => origin === undefined || channel.record.origin === new URL(origin).origin,
  )
  return Promise.all(
    all.map(async (channel) => {
      const session = open.get(channel.id)
      const live = session === undefined || !ask || (await isLive(context, sessions, session))
      return info(channel, live ? session : undefined)
    }),
  )
}

async function info(channel: Channel, session: Session | undefined): Promise<ChannelInfo> {
  const { origin, terms } = channel.record
  const { network, payTo } = terms
  const shown = { origin, network, payTo, channelId: channel.id, ...(await channel.numbers()) }
  if (session === undefined) return shown
  const { algorithm, expires } = session.record
  return { ...shown, session: { algorithm, expires } }
}

/** Asks with the voucher that is signed already, which raises nothing. False: the session has ended meanwhile. */
async function isLive(context: Context, sessions: Sessions, session: Session): Promise<boolean> {
  const { record, channel } = session
  const { signed: max } = await channel.numbers()
  const body = Bodies.raiseJson({ voucher: { max, signature: await channel.signature(max) } })
  const signer = { record, sign: await session.signer() }
  const response = await Endpoint.call(context, signer, 'POST', '/voucher', body)
  if (response.status === 401) {
    await sessions.drop(session)
    return false
  }
  const said = response.ok ? Answers.parseRaiseAnswer(await response.json().catch(() => undefined)) : undefined
  // A gateway that says nothing now changes nothing of what is known.
  if (said === undefined || said.channel.channelId !== channel.id) return true
  const charged = Amount.parse(said.channel.charged)
  const funds = Amount.parse(said.channel.balance)
  await channel.update(({ signed }) => ({ charged: Amount.min(charged, signed), funds }))
  return true
}
