/** What control asks, over a service binding. */
import { WorkerEntrypoint } from 'cloudflare:workers'
import type {
  AlertChannelConfig,
  AlertDelivery,
  BreakerAct,
  BreakerReply,
  ResendReply,
  SentinelOperationsApi,
  TestReply,
} from '@pbstream/core/message/AlertChannels'
import { channelObject } from './AlertChannels.ts'
import type { Env } from './Env.ts'
import { scopeObject } from './Scopes.ts'
import * as Words from './Words.ts'

export class SentinelOperations extends WorkerEntrypoint<Env> implements SentinelOperationsApi {
  async configure(_v: 1, channel: AlertChannelConfig): Promise<void> {
    await channelObject(this.env, channel.id).configure(1, channel)
  }

  async forget(_v: 1, channelId: string): Promise<void> {
    await channelObject(this.env, channelId).forget(1)
  }

  async sendTest(_v: 1, channel: AlertChannelConfig, testId: string, code?: string): Promise<TestReply> {
    const words = code === undefined ? Words.test(channel.name) : Words.confirmation(code)
    const alert = { at: Date.now(), severity: 'info', group: 'test', ...words[channel.language] } as const
    if (code === undefined) return channelObject(this.env, channel.id).sendTest(1, channel, testId, alert)
    if (channel.target.kind !== 'email') return { kind: 'unknown' }
    // Under the address, not the channel: however many channels name it, it gets so many mails an hour.
    const id = `mail:${channel.target.to.toLowerCase()}`
    const address = { ...channel, id, enabled: true, sealed: null, revision: 1 }
    return channelObject(this.env, id).sendTest(1, address, `${channel.id}:${testId}`, alert)
  }

  async deliveries(_v: 1, channelId: string, page: { before?: number; limit: number }): Promise<AlertDelivery[]> {
    return channelObject(this.env, channelId).deliveries(1, page)
  }

  async resend(_v: 1, channelId: string, id: number): Promise<ResendReply> {
    return channelObject(this.env, channelId).resend(1, id)
  }

  async breaker(_v: 1, act: BreakerAct): Promise<BreakerReply> {
    return scopeObject(this.env, act.scope).breaker(1, act)
  }

  async alertCounts(_v: 1): Promise<{ sent: number; failed: number; dead: number; deadKept: number }> {
    return scopeObject(this.env, 'platform').counted(1)
  }
}
