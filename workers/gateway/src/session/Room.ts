import type { SessionRoom } from '@pbstream/core/message/PaidSession'
import * as Room from '@pbstream/core/session/Room'

/** How much a session may still spend, in its answers. */
export const ROOM_HEADER = 'pbstream-room'

/** Says where the channel stands. `needed`: what the refused request would have set aside. */
export function setRoom(headers: Headers, { channel, accepted }: Omit<SessionRoom, 'room'>, needed?: bigint): void {
  const { balance, chargedCumulative } = channel
  headers.set(ROOM_HEADER, Room.encodeRoom(Room.room(accepted, balance, chargedCumulative, needed)))
}

/** As `setRoom`, after a delivery under a grant: a call that was not charged has given its hold back. */
export function withRoom(response: Response, room: Omit<SessionRoom, 'room'>, hold: bigint): Response {
  const { channel, accepted } = room
  const charged = response.ok ? channel.chargedCumulative : channel.chargedCumulative - hold
  setRoom(response.headers, { channel: { ...channel, chargedCumulative: charged }, accepted })
  return response
}
