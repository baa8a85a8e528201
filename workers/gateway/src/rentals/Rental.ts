/** A rental by its id: who pays, by which card, and how its session is spoken to. */
import type { ChannelView, Report, ReportReply } from '@pbstream/core/message/Session'
import { parseSessionName } from '@pbstream/core/message/Session'
import * as RentalId from '@pbstream/core/rental/RentalId'
import type { ProviderKey } from '@pbstream/db/ProviderKeys'
import { seconds } from '../Call.ts'
import type { Chain } from '../Chains.ts'
import { report } from '../Reporter.ts'
import type { Ask } from '../standalone/Ask.ts'

export type Rental = { claims: RentalId.Claims; priced: RentalId.Priced; chain: Chain }

/** What the session said of a rental that it knows. */
export type Heard = Required<Pick<ReportReply, 'done' | 'times' | 'running' | 'hold'>> &
  Pick<ReportReply, 'refused'> & { channel: ChannelView }

/** What is another owner's, or of the other mode, is answered like what never was. */
export async function find({ gateway }: Ask, { owner, mode }: ProviderKey, id: string): Promise<Rental | undefined> {
  const claims = await RentalId.read(id, gateway.keys.verifiers, seconds({ gateway }))
  if (claims === undefined || claims.own !== owner || claims.mod !== mode) return undefined
  const chain = gateway.chains.get(claims.net)
  return chain === undefined ? undefined : { claims, priced: claims.priced, chain }
}

/** Undefined: it could not be delivered. */
export function say({ gateway }: Ask, { claims }: Rental, what: Report): Promise<ReportReply | undefined> {
  const { session } = claims.by
  return report(session, () => gateway.env.STREAM_SESSION.getByName(session), what)
}

/** The reply to a time report, of a reservation that is there; undefined: it has ended. */
export function heard({ done, times, running, hold, channel, refused }: ReportReply): Heard | undefined {
  if (times === undefined || running === undefined || hold === undefined || channel === undefined) return undefined
  return { done, times, running, hold, channel, ...(refused === undefined ? {} : { refused }) }
}

/** Asks for a hold of `to`, after a look at the chain where that is due; answers what is held then, and what limits it. */
export async function grow(ask: Ask, rental: Rental, to: bigint): Promise<ReportReply | undefined> {
  const what: Report = { kind: 'grow', reservationId: rental.claims.by.rid, to }
  const reply = await say(ask, rental, what)
  if (reply === undefined || !(await look(ask, rental, reply)) || reply.done) return reply
  return (await say(ask, rental, what)) ?? reply
}

/** Has settlement look at the chain, where the session wants that. False: it does not. */
export async function look({ gateway }: Ask, { claims }: Rental, { observe, channel }: ReportReply): Promise<boolean> {
  const ref = parseSessionName(claims.by.session)
  if (observe === undefined || channel === undefined || ref === undefined) return false
  await gateway.env.SETTLEMENT.observe(1, ref, channel.channelId, observe)
  return true
}
