import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Hex } from '@pbstream/core/Hex'
import type { ExactClaimApi, Held, TakeExact, TakeReply } from '@pbstream/core/message/ExactClaim'
import type { StoredAnswer } from '@pbstream/core/message/Session'
import type { Authorization } from '@pbstream/core/message/Settlement'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ExactClaim } from '../src/ExactClaim.ts'

const { EXACT_CLAIM } = env as unknown as { EXACT_CLAIM: DurableObjectNamespace<ExactClaim> }

const START = 1_800_000_000_000
const HOLD_MS = 60_000
const TX: Hex = `0x${'77'.repeat(32)}`
const DIGEST: Hex = `0x${'d1'.repeat(32)}`
const OTHER_DIGEST: Hex = `0x${'d2'.repeat(32)}`
const answer: StoredAnswer = {
  status: 200,
  headers: [['content-type', 'text/plain']],
  body: new TextEncoder().encode('paid'),
}

let names = 0

type Claim = ExactClaimApi & DurableObjectStub

/** An object of its own for each test, and a fresh stub for each call. */
function fresh() {
  const name = `1:0xtoken:0x${++names}`
  // The types of RPC turn pairs into arrays; the contract is what both sides are written against.
  return () => EXACT_CLAIM.getByName(name) as unknown as Claim
}

function authorization(nonce: number, validFor = 120): Authorization {
  return {
    from: `0x${'11'.repeat(20)}`,
    to: `0x${'22'.repeat(20)}`,
    value: 10n ** 30n,
    validAfter: 0n,
    validBefore: BigInt(START / 1000 + validFor),
    nonce: `0x${nonce.toString(16).padStart(64, '0')}`,
    signature: `0x${'33'.repeat(65)}`,
  }
}

function take(nonce = 1, more: Partial<TakeExact> = {}): TakeExact {
  return { v: 1, authorization: authorization(nonce), digest: DIGEST, holdMs: HOLD_MS, fresh: true, ...more }
}

function held(reply: TakeReply): Held {
  if (!('attempt' in reply)) throw new Error(`nothing is held: ${reply.kind}`)
  return { nonce: reply.nonce, attempt: reply.attempt }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(START)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('one authorisation, one request', () => {
  it('gives it to one of many callers that come at once', async () => {
    const claim = fresh()
    const replies = await Promise.all(Array.from({ length: 20 }, () => claim().take(take())))
    expect(replies.filter((reply) => reply.kind === 'taken')).toHaveLength(1)
    expect(replies.filter((reply) => reply.kind === 'in_flight')).toHaveLength(19)
  })

  it('refuses another request while it is served, submitted and after it was delivered', async () => {
    const claim = fresh()
    const mine = held(await claim().take(take()))
    const other = () => claim().take(take(1, { digest: OTHER_DIGEST }))
    expect(await other()).toEqual({ kind: 'digest_mismatch' })
    await claim().submitting(1, mine, HOLD_MS)
    expect(await other()).toEqual({ kind: 'digest_mismatch' })
    await claim().submitted(1, mine, TX, true)
    expect(await claim().delivered(1, mine)).toBe(true)
    expect(await other()).toEqual({ kind: 'digest_mismatch' })
    expect(await claim().take(take())).toEqual({ kind: 'used', transaction: TX })
  })

  it('gives it again after a release, to any request', async () => {
    const claim = fresh()
    await claim().release(1, held(await claim().take(take())), true)
    expect(await claim().take(take(1, { digest: OTHER_DIGEST }))).toMatchObject({ kind: 'taken' })
  })

  it('does not take one that is too old to be submitted', async () => {
    expect(await fresh()().take(take(1, { fresh: false }))).toEqual({ kind: 'expired' })
  })

  it('keeps what it knows when the object is evicted', async () => {
    const claim = fresh()
    const mine = held(await claim().take(take()))
    await evictDurableObject(claim())
    expect(await claim().take(take())).toEqual({ kind: 'in_flight' })
    expect(await claim().submitting(1, mine, HOLD_MS)).toBe(true)
  })
})

describe('a caller that is not heard of again', () => {
  it('before submission: the next one serves, and the first one can no longer submit', async () => {
    const claim = fresh()
    const first = held(await claim().take(take()))
    vi.setSystemTime(START + HOLD_MS)
    const second = held(await claim().take(take()))
    expect(second.attempt).toBe(first.attempt + 1)
    expect(await claim().submitting(1, first, HOLD_MS)).toBe(false)
    expect(await claim().hold(1, first, HOLD_MS)).toBe(false)
    expect(await claim().submitting(1, second, HOLD_MS)).toBe(true)
  })

  it('is not taken for gone while it says that it is at work', async () => {
    const claim = fresh()
    const mine = held(await claim().take(take()))
    vi.setSystemTime(START + HOLD_MS - 1)
    expect(await claim().hold(1, mine, HOLD_MS)).toBe(true)
    vi.setSystemTime(START + HOLD_MS)
    expect(await claim().take(take())).toEqual({ kind: 'in_flight' })
  })

  it('after submission: the next one joins, and only one of the two delivers', async () => {
    const claim = fresh()
    const first = held(await claim().take(take()))
    await claim().submitting(1, first, HOLD_MS)
    vi.setSystemTime(START + HOLD_MS)
    const reply = await claim().take(take())
    expect(reply).toMatchObject({ kind: 'submitted', transaction: undefined, authorization: authorization(1) })
    const second = held(reply)
    await claim().submitted(1, first, TX, true)
    await claim().submitted(1, second, TX, true)
    expect(await Promise.all([claim().delivered(1, first), claim().delivered(1, second)])).toEqual([false, true])
  })

  it('a late release takes nothing away from its successor', async () => {
    const claim = fresh()
    const first = held(await claim().take(take()))
    vi.setSystemTime(START + HOLD_MS)
    const second = held(await claim().take(take()))
    await claim().release(1, first, true)
    expect(await claim().submitting(1, second, HOLD_MS)).toBe(true)
  })
})

describe('a transfer that is pending when its caller stops waiting', () => {
  async function pending(stored?: StoredAnswer) {
    const claim = fresh()
    const mine = held(await claim().take(take()))
    await claim().submitting(1, mine, HOLD_MS)
    if (stored !== undefined) await claim().submitting(1, mine, HOLD_MS, stored)
    await claim().submitted(1, mine, TX, false)
    return claim
  }

  it('can be joined at once, also when it is too old to be submitted', async () => {
    const claim = await pending()
    expect(await claim().take(take(1, { fresh: false }))).toMatchObject({ kind: 'submitted', transaction: TX })
  })

  it('gives its kept answer to the one that sees it mined', async () => {
    const claim = await pending(answer)
    const mine = held(await claim().take(take()))
    expect(await claim().submitted(1, mine, TX, true)).toEqual(answer)
    expect(await claim().delivered(1, mine)).toBe(true)
    expect(await claim().take(take())).toEqual({ kind: 'used', transaction: TX })
  })

  it('gives its kept answer when the one that saw it mined did not deliver', async () => {
    const claim = await pending(answer)
    await claim().submitted(1, held(await claim().take(take())), TX, true)
    vi.setSystemTime(START + HOLD_MS)
    expect(await claim().take(take())).toMatchObject({ kind: 'mined', transaction: TX, answer })
  })

  it('without a kept answer buys three further upstream calls at most, one at a time', async () => {
    const claim = await pending()
    await claim().submitted(1, held(await claim().take(take())), TX, true)
    for (let round = 1; round <= 3; round++) {
      vi.setSystemTime(START + round * HOLD_MS)
      const reply = await claim().take(take())
      expect(reply).toMatchObject({ kind: 'mined_undelivered', transaction: TX })
      expect(await claim().take(take())).toEqual({ kind: 'in_flight' })
      await claim().release(1, held(reply), false)
    }
    expect(await claim().take(take())).toEqual({ kind: 'used', transaction: TX })
  })
})

describe('request ids', () => {
  const withId = (nonce: number, more: Partial<TakeExact> = {}) => take(nonce, { requestId: 'id-1', ...more })

  async function deliveredOnce() {
    const claim = fresh()
    const mine = held(await claim().take(withId(1)))
    await claim().submitting(1, mine, HOLD_MS)
    await claim().submitted(1, mine, TX, true)
    await claim().delivered(1, mine, 'the receipt')
    return { claim, mine }
  }

  it('stand for one request, whatever authorisation comes with them', async () => {
    const claim = fresh()
    expect(await claim().take(withId(1))).toMatchObject({ kind: 'taken' })
    expect(await claim().take(withId(2))).toEqual({ kind: 'in_flight' })
    expect(await claim().take(withId(3, { digest: OTHER_DIGEST }))).toEqual({ kind: 'id_mismatch' })
  })

  it('replay a kept answer for ten minutes, then only the receipt', async () => {
    const { claim, mine } = await deliveredOnce()
    expect(await claim().take(withId(2))).toEqual({ kind: 'duplicate', receipt: 'the receipt' })
    await claim().keep(1, mine.nonce, answer)
    expect(await claim().take(withId(2))).toEqual({ kind: 'replay', answer })
    vi.setSystemTime(START + 600_000)
    expect(await claim().take(withId(2))).toEqual({ kind: 'duplicate', receipt: 'the receipt' })
  })

  it('join the first transfer with a new authorisation, which stays unused', async () => {
    const claim = fresh()
    const mine = held(await claim().take(withId(1)))
    await claim().submitting(1, mine, HOLD_MS, answer)
    await claim().submitted(1, mine, TX, false)
    const reply = await claim().take(withId(2))
    expect(reply).toMatchObject({ kind: 'submitted', nonce: authorization(1).nonce, authorization: authorization(1) })
    expect(await claim().submitted(1, held(reply), TX, true)).toEqual(answer)
    expect(await claim().take(take(2))).toMatchObject({ kind: 'taken' })
  })

  it('are free again after a definite failure, and taken after an unknown one', async () => {
    const claim = fresh()
    await claim().release(1, held(await claim().take(withId(1))), true)
    await claim().release(1, held(await claim().take(withId(2))), false)
    expect(await claim().take(withId(3))).toEqual({ kind: 'duplicate' })
    expect(await claim().take(take(2))).toMatchObject({ kind: 'taken' })
  })

  it('cannot lend a used authorisation to another request', async () => {
    const { claim } = await deliveredOnce()
    expect(await claim().take(take(1, { requestId: 'id-2' }))).toEqual({ kind: 'digest_mismatch' })
    expect(await claim().take(take(1))).toEqual({ kind: 'digest_mismatch' })
  })

  it('of what was paid and never delivered still get it: three further upstream calls at most', async () => {
    const claim = fresh()
    const mine = held(await claim().take(withId(1)))
    await claim().submitting(1, mine, HOLD_MS)
    await claim().submitted(1, mine, TX, true)
    for (let round = 1; round <= 3; round++) {
      vi.setSystemTime(START + round * HOLD_MS)
      expect(await claim().take(withId(1))).toMatchObject({ kind: 'mined_undelivered', transaction: TX })
      expect(await claim().take(withId(2))).toEqual({ kind: 'in_flight' })
    }
    vi.setSystemTime(START + 4 * HOLD_MS)
    expect(await claim().take(withId(1))).toEqual({ kind: 'used', transaction: TX })
  })

  it('stay taken when the first caller was never heard of again: the upstream may have done its work', async () => {
    const claim = fresh()
    const first = held(await claim().take(withId(1)))
    vi.setSystemTime(START + HOLD_MS)
    const late = authorization(1, 1)
    for (const more of [{}, { authorization: authorization(2) }, { authorization: late, fresh: false }])
      expect(await claim().take(withId(1, more))).toEqual({ kind: 'duplicate' })
    expect(await claim().take(withId(1, { digest: OTHER_DIGEST }))).toEqual({ kind: 'id_mismatch' })
    // It was slow, and is still there: nobody has taken its place.
    expect(await claim().submitting(1, first, HOLD_MS)).toBe(true)
    await claim().submitted(1, first, TX, true)
    expect(await claim().delivered(1, first, 'the receipt')).toBe(true)
    expect(await claim().take(withId(2))).toEqual({ kind: 'duplicate', receipt: 'the receipt' })
  })

  it('stay taken too when the authorisation that was left goes to another request', async () => {
    const claim = fresh()
    const first = held(await claim().take(withId(1)))
    vi.setSystemTime(START + HOLD_MS)
    expect(await claim().take(take(1, { requestId: 'id-2' }))).toMatchObject({ kind: 'taken', attempt: 2 })
    expect(await claim().submitting(1, first, HOLD_MS)).toBe(false)
    expect(await claim().take(withId(1))).toEqual({ kind: 'duplicate' })
    expect(await claim().take(withId(3))).toEqual({ kind: 'duplicate' })
    expect(await claim().take(take(1, { requestId: 'id-2' }))).toEqual({ kind: 'in_flight' })
  })
})

describe('the alarm', () => {
  /** Tables and all. */
  const isEmpty = (claim: () => Claim) =>
    runInDurableObject(
      claim(),
      async (_: unknown, state) =>
        (await state.storage.getAlarm()) === null &&
        state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('authorisation', 'request')").toArray()
          .length === 0,
    )

  it('remembers a delivered authorisation for as long as the chain would take it', async () => {
    const claim = fresh()
    const mine = held(await claim().take(take()))
    await claim().submitting(1, mine, HOLD_MS)
    await claim().submitted(1, mine, TX, true)
    await claim().delivered(1, mine)
    vi.setSystemTime(START + 120_000)
    await runDurableObjectAlarm(claim())
    expect(await claim().take(take(1, { fresh: false }))).toEqual({ kind: 'used', transaction: TX })
    vi.setSystemTime(START + 120_000 + 600_000)
    await runDurableObjectAlarm(claim())
    expect(await isEmpty(claim)).toBe(true)
  })

  it('remembers what was paid and not delivered for a day', async () => {
    const claim = fresh()
    const mine = held(await claim().take(take()))
    await claim().submitting(1, mine, HOLD_MS)
    await claim().submitted(1, mine, TX, false)
    vi.setSystemTime(START + 23 * 3_600_000)
    await runDurableObjectAlarm(claim())
    expect(await claim().take(take(1, { fresh: false }))).toMatchObject({ kind: 'submitted' })
    vi.setSystemTime(START + 25 * 3_600_000)
    await runDurableObjectAlarm(claim())
    expect(await isEmpty(claim)).toBe(true)
  })

  it('leaves nothing behind of an authorisation that came to nothing', async () => {
    const claim = fresh()
    await claim().release(1, held(await claim().take(take())), true)
    vi.setSystemTime(START + 25 * 3_600_000)
    await runDurableObjectAlarm(claim())
    expect(await isEmpty(claim)).toBe(true)
    expect(await claim().take(take(2, { fresh: false }))).toEqual({ kind: 'expired' })
    expect(await isEmpty(claim)).toBe(true)
  })

  it('comes for what is taken after the object has let everything go', async () => {
    const claim = fresh()
    await claim().release(1, held(await claim().take(take())), true)
    expect(await claim().take(take(2, { fresh: false }))).toEqual({ kind: 'expired' })
    expect(await isEmpty(claim)).toBe(true)
    // Not before the one of the first: an alarm that was set for that would do for both.
    await claim().take(take(3))
    expect(await isEmpty(claim)).toBe(false)
    vi.setSystemTime(START + 25 * 3_600_000)
    expect(await runDurableObjectAlarm(claim())).toBe(true)
    expect(await isEmpty(claim)).toBe(true)
  })
})

describe('an authorisation that was submitted, and so can be read by everybody', () => {
  const mine = { callId: 'quote-1', requestId: 'id-1' }

  it('is joined only under the quote that it came with', async () => {
    const claim = fresh()
    const first = held(await claim().take(take(1, mine)))
    await claim().submitting(1, first, HOLD_MS)
    await claim().submitted(1, first, TX, false)
    for (const callId of [undefined, 'quote-2'])
      expect(await claim().take(take(1, { requestId: 'id-1', ...(callId === undefined ? {} : { callId }) }))).toEqual({
        kind: 'digest_mismatch',
      })
    expect(await claim().take(take(1, mine))).toMatchObject({ kind: 'submitted' })
  })

  it('replays nothing to who has only read it', async () => {
    const claim = fresh()
    const first = held(await claim().take(take(1, mine)))
    await claim().submitting(1, first, HOLD_MS)
    await claim().submitted(1, first, TX, true)
    await claim().delivered(1, first)
    await claim().keep(1, first.nonce, answer)
    expect(await claim().take(take(1, { requestId: 'id-1' }))).toEqual({ kind: 'digest_mismatch' })
    // One that was made for something else, long ago.
    expect(await claim().take(take(9, { ...mine, fresh: false }))).toEqual({ kind: 'expired' })
    expect(await claim().take(take(1, mine))).toEqual({ kind: 'replay', answer })
    expect(await claim().take(take(2, { ...mine, callId: 'quote-2' }))).toEqual({ kind: 'replay', answer })
  })
})
