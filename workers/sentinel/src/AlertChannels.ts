/** The objects of alert channels, which send as this Worker can. */
import { AlertChannel as Base } from '@pbstream/alert-channel/AlertChannel'
import type { AlertChannelApi, Answer, ChannelTotals, Sending } from '@pbstream/alert-channel/Port'
import type { Env } from './Env.ts'
import { scopeObject } from './Scopes.ts'
import { send } from './send/Send.ts'

export class AlertChannel extends Base<Env> {
  protected override send(sending: Sending): Promise<Answer> {
    return send(this.env, sending)
  }

  protected override counted(channelId: string, totals: ChannelTotals): Promise<void> {
    return scopeObject(this.env, 'platform').count(1, channelId, totals)
  }
}

/** A fresh stub each time: a broken one stays broken. */
export function channelObject(env: Env, id: string): AlertChannelApi {
  return env.ALERT_CHANNEL.getByName(id) as unknown as AlertChannelApi
}
