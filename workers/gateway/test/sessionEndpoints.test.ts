import * as Bodies from '@pbstream/core/session/Bodies'
import * as Room from '@pbstream/core/session/Room'
import * as Voucher from '@pbstream/core/Voucher'
import { describe, expect, it } from 'vitest'
import type { Session } from '../../../test/support/SessionCaller.ts'
import { channelId, config, payer, sessionKey } from './support/payer.ts'
import { ENDPOINT, NOW, openSession, problem, sessionWorld, signed } from './support/session.ts'
import { chain, CONTRACT, TX, type World } from './support/world.ts'

const sign = async (max: bigint, by = sessionKey) => ({
  max,
  signature: await by.sign(Voucher.digest(Voucher.domainSeparator(chain.chainId, CONTRACT), channelId, max)),
})
const authorization = {
  validAfter: 0n,
  validBefore: BigInt(NOW + 60),
  salt: `0x${'0d'.repeat(32)}` as const,
  signature: `0x${'11'.repeat(64)}1b` as const,
}
const deposit = { amount: 5_000_000n, authorization }

async function send(at: World, session: Session, path: string, body?: object | string): Promise<Response> {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  const ask = path.startsWith('/receipts/') ? {} : { method: 'POST', ...(text === '' ? {} : { body: text }) }
  return at.handle(await signed(session, ENDPOINT + path, { maxPrice: 0n, ...ask }))
}

describe('a raise', () => {
  it('is taken with the signature of the key, and answered with the room', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const response = await send(at, session, '/voucher', Bodies.raiseJson({ voucher: await sign(300_000n) }))
    expect(Room.parseRoom(response.headers.get('pbstream-room'))).toMatchObject({ accepted: 300_000n })
    expect(await response.json()).toMatchObject({ v: 1, channel: { accepted: '300000' }, room: '300000' })
    expect(at.session.raises).toMatchObject([{ channelId, epoch: 1, voucher: { max: 300_000n } }])
  })

  it('may bring money, for the channel of the session only', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    at.session.decideOpening = ({ deposit: sent }) =>
      sent === undefined ? undefined : { kind: 'deposit', depositId: 'd1' }
    const voucher = await sign(300_000n)
    const good = await send(at, session, '/voucher', Bodies.raiseJson({ voucher, deposit, config }))
    expect([good.status, at.settlement.log]).toEqual([200, ['deposit']])
    const other = { ...config, salt: `0x${'22'.repeat(32)}` as const }
    const wrong = await send(at, session, '/voucher', Bodies.raiseJson({ voucher, deposit, config: other }))
    expect(await problem(wrong)).toEqual([402, 'channel_id_mismatch'])
    const bare = { ...Bodies.raiseJson({ voucher, deposit, config }), config: undefined }
    expect(await problem(await send(at, session, '/voucher', bare))).toEqual([400, 'malformed_body'])
  })

  it('by another key, unsigned, or of nothing is refused', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const forged = Bodies.raiseJson({ voucher: await sign(300_000n, payer) })
    expect(await problem(await send(at, session, '/voucher', forged))).toEqual([402, 'voucher_signature_invalid'])
    expect(await problem(await send(at, session, '/voucher'))).toEqual([400, 'malformed_body'])
    expect(await problem(await send(at, session, '/voucher', '{'))).toEqual([400, 'malformed_body'])
    const unsigned = at.send(`${ENDPOINT}/voucher`, { method: 'POST', body: '{}' })
    expect(await problem(await unsigned)).toEqual([400, 'session_headers_invalid'])
    expect(at.session.raises).toHaveLength(0)
  })
})

describe('a receipt', () => {
  it('is had by the id of its request', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const asked: string[] = []
    at.session.receipt = async ({ requestId }) => {
      asked.push(requestId)
      return { kind: 'done', receipt: 'a.b.c' }
    }
    const response = await send(at, session, '/receipts/order:1%20x')
    expect(await response.json()).toEqual({ v: 1, request: 'order:1 x', receipt: 'a.b.c' })
    expect(asked).toEqual(['order:1 x'])
  })

  it.each([
    [{ kind: 'unknown' } as const, 404, 'receipt_unknown'],
    [{ kind: 'in_flight' } as const, 409, 'request_in_flight'],
    [{ kind: 'done' } as const, 404, 'receipt_unknown'],
    [{ kind: 'refused', code: 'session_ended' } as const, 401, 'session_ended'],
  ])('%j: %i %s', async (reply, status, code) => {
    const at = await sessionWorld()
    const session = await openSession(at)
    at.session.receipt = async () => reply
    expect(await problem(await send(at, session, '/receipts/order-1'))).toEqual([status, code])
  })

  it('of a request signed for another receipt, or for a call, is not had', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const { headers } = await signed(session, `${ENDPOINT}/receipts/mine`)
    const code = async (path: string) => (await problem(await at.send(path, { headers })))[1]
    expect(await code(`${ENDPOINT}/receipts/yours`)).toBe('session_signature_invalid')
    expect(await code('/v1/weather')).toBe('session_signature_invalid')
  })
})

describe('closing', () => {
  it('ends the sessions of the channel', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const response = await send(at, session, '/close')
    expect(await response.json()).toMatchObject({ v: 1, epoch: 2, channel: { channelId } })
    expect(await problem(await at.handle(await signed(session, '/v1/weather')))).toEqual([401, 'session_ended'])
    expect(await problem(await send(at, session, '/close'))).toEqual([401, 'session_ended'])
  })

  it('gives back what is left, or says why it does not', async () => {
    const at = await sessionWorld()
    at.session.refund = async () => ({ kind: 'granted', refund: { refundId: 'f1', amount: 4000n, nonce: 0n } })
    const body = Bodies.closeJson({ refund: { config, voucher: await sign(0n) } })
    const closed = await (await send(at, await openSession(at), '/close', body)).json()
    expect(closed).toMatchObject({ epoch: 2, refund: { amount: '4000', transaction: TX } })
    at.session.refund = async () => ({ kind: 'refused', code: 'session_leases_out' })
    const kept = await (await send(at, await openSession(at), '/close', body)).json()
    expect(kept).toMatchObject({ epoch: 3, refused: { code: 'session_leases_out', retryable: true } })
  })

  it('with a refund that is not of this channel or not by its key ends nothing', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const other = { ...config, salt: `0x${'22'.repeat(32)}` as const }
    const voucher = await sign(0n)
    const elsewhere = Bodies.closeJson({ refund: { config: other, voucher } })
    expect(await problem(await send(at, session, '/close', elsewhere))).toEqual([402, 'channel_id_mismatch'])
    const forged = Bodies.closeJson({ refund: { config, voucher: await sign(0n, payer) } })
    expect(await problem(await send(at, session, '/close', forged))).toEqual([402, 'voucher_signature_invalid'])
    expect(at.session.paid.epoch).toBe(1)
  })
})

describe('what is below the endpoint', () => {
  it.each([
    ['GET', '/voucher', 405],
    ['GET', '/close', 405],
    ['POST', '/receipts/x', 405],
    ['GET', '/receipts/', 404],
    ['GET', '/receipts', 404],
    ['POST', '/other', 404],
  ])('%s %s is answered %i', async (method, path, status) => {
    const at = await sessionWorld()
    expect((await at.send(ENDPOINT + path, { method })).status).toBe(status)
  })

  it('is not paid for in x402 beside', async () => {
    const at = await sessionWorld()
    const request = await signed(await openSession(at), `${ENDPOINT}/close`, {
      method: 'POST',
      headers: { 'payment-signature': 'AAAA' },
    })
    expect(await problem(await at.handle(request))).toEqual([400, 'session_payment_conflict'])
  })
})
