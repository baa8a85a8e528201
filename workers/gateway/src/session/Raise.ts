import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Deposit } from '@pbstream/core/Credential'
import type { VerifiedVoucher } from '@pbstream/core/message/Session'
import type { Gateway } from '../Call.ts'
import type { Authorised } from './Call.ts'
import { type Opening, takeVoucher } from './Opening.ts'

/** What raises a session: a voucher that is known to be signed by its key, and perhaps money for the channel. */
export type Raised = { voucher: VerifiedVoucher; deposit?: Deposit; config?: ChannelConfig }

/** Raises what is accepted on the channel of a session. One that raises nothing changes nothing. */
export function raise(gateway: Gateway, session: Authorised, { voucher, deposit, config }: Raised): Promise<Opening> {
  const { ref, channelId, epoch } = session
  const place = config === undefined ? session : { ...session, config }
  return takeVoucher(gateway, place, deposit, (object, money) =>
    object.raise({ v: 1, session: ref, channelId, epoch, voucher, ...money }),
  )
}
