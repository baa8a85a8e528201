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

// Channels and receipts of a payer: as a test told them.
StreamSession.prototype.tellChannel = function (channelId, numbers, standing) {
  this.channels ??= new Map()
  this.channels.set(channelId, { numbers, standing })
}

StreamSession.prototype.tellReceipt = function (reservationId, requestId, receipt) {
  this.receipts ??= new Map()
  this.receipts.set(`${reservationId} ${requestId}`, receipt)
}

StreamSession.prototype.view = function (_v, channelId) {
  if (this.ctx.id.name.includes(':0xdead')) throw new Error('this object does not answer')
  return this.channels?.get(channelId)?.numbers
}

StreamSession.prototype.standing = function (_v, channelId) {
  return this.channels?.get(channelId)?.standing
}

StreamSession.prototype.outcome = function (_v, reservationId, requestId) {
  if (this.ctx.id.name.includes(':0xdead')) throw new Error('this object does not answer')
  const receipt = this.receipts?.get(`${reservationId} ${requestId}`)
  return receipt === undefined ? { kind: 'ended' } : { kind: 'charged', receipt }
}

// Sentinel as control sees it: the newest set of each scope, and what is snoozed.
StreamSession.prototype.setRules = function (_v, session, sets) {
  if (session.payerAuthorizer.startsWith('0xdead')) throw new Error('this object does not answer')
  this.sets ??= new Map()
  const applied = sets.filter(({ scope, revision }) => (this.sets.get(scope)?.revision ?? 0) < revision)
  for (const set of applied) this.sets.set(set.scope, set)
  const held = Object.fromEntries(sets.map(({ scope }) => [scope, this.sets.get(scope).revision]))
  return { applied: applied.map(({ scope }) => scope), held, refused: [] }
}

StreamSession.prototype.rulesOf = function (scope) {
  return this.sets?.get(scope)
}

StreamSession.prototype.snooze = function (_v, _session, { scope, rule, until }) {
  this.snoozes ??= new Map()
  if (until > Date.now()) this.snoozes.set(`${scope} ${rule}`, { scope, rule, until })
  else this.snoozes.delete(`${scope} ${rule}`)
}

StreamSession.prototype.sentinel = function () {
  const sets = [...(this.sets?.values() ?? [])].map(({ scope, revision, rules }) => ({
    scope,
    revision,
    rules: rules.length,
  }))
  const snoozes = [...(this.snoozes?.values() ?? [])]
  return { sets, stops: this.stops ?? [], snoozes, throttles: [], breakers: this.breakers ?? [] }
}

// Money breakers: they open when a test says so.
StreamSession.prototype.openBreaker = function (scope) {
  const open = { scope, phase: 'open', until: Date.now() + 60_000, cause: 'spend', spent: '9', budget: '5' }
  this.breakers = [...(this.breakers ?? []), open]
}

StreamSession.prototype.closeBreaker = function (_v, _session, { scope }) {
  const before = this.breakers ?? []
  this.breakers = before.filter((each) => each.scope !== scope)
  return this.breakers.length < before.length
}

// Stops: begun by whoever orders one, and released once.
StreamSession.prototype.stop = function (_v, _session, { decisionId, ...order }) {
  const stop = { id: `st_${decisionId}`, ...order, at: Date.now(), decision: decisionId }
  this.stops = [...(this.stops ?? []), stop]
  return stop
}

StreamSession.prototype.releaseStop = function (_v, session, { id, by, reason, snoozeSeconds }) {
  if (session.payerAuthorizer.startsWith('0xdead')) throw new Error('this object does not answer')
  this.released ??= new Map()
  const before = this.released.get(id)
  if (before !== undefined) return { kind: 'repeated', stop: before }
  // Of what belongings have there is a row only.
  const begun = { id, scope: 'platform', kind: 'frozen', rule: 'mine', version: 1, at: 1, decision: 'dec_1' }
  const stop = (this.stops ?? []).find((each) => each.id === id) ?? (id.startsWith('st_mine') ? begun : undefined)
  if (stop === undefined) return { kind: 'not_found' }
  this.stops = (this.stops ?? []).filter((each) => each.id !== id)
  const over = { ...stop, releasedAt: Date.now(), releasedBy: by, reason }
  this.released.set(id, over)
  const { scope, rule } = stop
  if (snoozeSeconds > 0) this.snooze(1, session, { scope, rule, until: Date.now() + snoozeSeconds * 1_000 })
  return { kind: 'released', stop: over }
}

export default { fetch: () => new Response(null, { status: 404 }) }
