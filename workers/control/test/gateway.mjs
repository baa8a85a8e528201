// Stands for the gateway Worker: a StreamSession that owes something on every channel it is asked about.
import { DurableObject } from 'cloudflare:workers'

export class StreamSession extends DurableObject {
  vouchers(v, receiver, channelIds) {
    const [, , payer, payerAuthorizer] = this.ctx.id.name.split(':')
    if (payer.startsWith('0xdead')) throw new Error('this object does not answer')
    const other = `0x${'7c'.repeat(20)}`
    const terms = {
      receiver,
      receiverAuthorizer: other,
      token: other,
      withdrawDelay: 900,
      salt: `0x${'00'.repeat(32)}`,
    }
    const numbers = { spent: 3000n, claimed: 1000n, settled: 1000n, lost: 0n }
    const voucher = { max: 4000n, signature: `0x${'11'.repeat(64)}1b` }
    return channelIds.map((channelId) => ({
      channelId,
      config: { payer, payerAuthorizer, ...terms },
      ...numbers,
      voucher,
    }))
  }
}

// As the real one, without anything in flight: the newest policy stays, and a revocation is for good.
StreamSession.prototype.setPolicy = function (_v, _session, policy) {
  const now = this.now
  const applied = now === undefined || (policy.version > now.version && now.status !== 'revoked')
  if (applied) this.now = policy
  const { status, version } = this.now
  return { applied, status, version, inFlight: 0 }
}

StreamSession.prototype.policy = function () {
  if (this.now === undefined) return undefined
  const usage = { spent: 0n, reserved: 0n, periodStart: this.now.start, periodSpent: 0n }
  return { policy: this.now, status: this.now.status, inFlight: 0, usage }
}

export default { fetch: () => new Response(null, { status: 404 }) }
