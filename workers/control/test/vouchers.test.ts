import { env } from 'cloudflare:workers'
import type { Hex } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as VoucherExport from '@pbstream/core/VoucherExport'
import { open } from '@pbstream/db/Database'
import { describe, expect, test } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'

const bindings = env as unknown as Env
const HOST = 'control.example'
let keys = 0
const signer = () => NobleSigner.create(`0x${(0xacce55_00 + ++keys).toString(16).padStart(64, '0')}`)
const seconds = (offset: number) => `${new Date(Date.now() + 1000 * offset).toISOString().slice(0, 19)}Z`

async function proof(by: NobleSigner.Signer, over: Partial<VoucherExport.Proof> = {}): Promise<string> {
  const of = { host: HOST, receiver: by.address, issuedAt: seconds(0), ...over }
  return VoucherExport.authorization(of.issuedAt, await by.sign(VoucherExport.proofDigest(of)))
}

function ask(query: string, authorization?: string, as: Env = bindings): Promise<Response> {
  const headers = authorization === undefined ? {} : { authorization }
  return Promise.resolve(worker.fetch(new Request(`https://${HOST}/v1/vouchers/export${query}`, { headers }), as))
}

/** Channels of this receiver as the projection has them: `perSession` to a session. */
async function channels(receiver: Hex, count: number, perSession: number, payer = 'a1'): Promise<Hex[]> {
  const db = open(bindings)
  const rows = Array.from({ length: count }, (_, i) => ({
    id: `0x${receiver.slice(2, 22)}${i.toString(16).padStart(44, '0')}` as Hex,
    session: [
      84532,
      `0x${'c0'.repeat(20)}`,
      `0x${payer}${Math.floor(i / perSession)
        .toString(16)
        .padStart(40 - payer.length, '0')}`,
      `0x${'5e'.repeat(20)}`,
    ].join(':'),
    chainId: 84532,
    receiver,
    token: `0x${'7c'.repeat(20)}` as Hex,
    ...{ provisional: '0', deposited: '0', returned: '0', accepted: '0', spent: '0', claimed: '0', settled: '0' },
    lost: '0',
    revision: 1,
  }))
  for (const row of rows) await db.orm.insert(db.tables.channel).values(row)
  return rows.map(({ id }) => id)
}

describe('the export of vouchers', () => {
  test('gives a receiver what its sessions owe, page by page, each channel once', async () => {
    const receiver = signer()
    const ids = await channels(receiver.address, 45, 3)
    const authorization = await proof(receiver)
    const first = await ask(`?receiver=${receiver.address}`, authorization)
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const page = VoucherExport.parse(await first.json())
    expect(page.channels.map(({ channelId }) => channelId)).toEqual(ids.slice(0, 40))
    expect(page).toMatchObject({ v: 1, receiver: receiver.address, next: ids[39] })
    expect(page.channels[4]).toMatchObject({
      chainId: 84532,
      contract: `0x${'c0'.repeat(20)}`,
      config: { payer: `0xa1${'1'.padStart(38, '0')}`, receiver: receiver.address },
      spent: 3000n,
      claimed: 1000n,
      voucher: { max: 4000n },
    })
    const rest = VoucherExport.parse(
      await (await ask(`?receiver=${receiver.address}&after=${page.next}`, authorization)).json(),
    )
    expect(rest.channels.map(({ channelId }) => channelId)).toEqual(ids.slice(40))
    expect(rest.next).toBeUndefined()
  })

  test('takes the receiver in any case, and an origin that is configured', async () => {
    const receiver = signer()
    const authorization = await proof(receiver, { host: 'pay.example' })
    const upper = receiver.address.toUpperCase().replace('0X', '0x')
    const as = { ...bindings, PUBLIC_URL: 'https://pay.example' }
    expect((await ask(`?receiver=${upper}`, authorization, as)).status).toBe(200)
  })

  test('fails as a whole when a session does not answer: a file that lacks vouchers must not look whole', async () => {
    const receiver = signer()
    await channels(receiver.address, 2, 1, 'dead')
    const response = await ask(`?receiver=${receiver.address}`, await proof(receiver))
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'temporarily_unavailable', retryable: true })
  })
})

describe('the export of vouchers is refused', () => {
  const receiver = signer()
  const other = signer()
  const cases: [string, string, () => Promise<string | undefined>][] = [
    ['without a signature', 'receiver_proof_invalid', async () => undefined],
    ['with garbage', 'receiver_proof_invalid', async () => 'PBStream-Wallet issued-at="now", signature="0x00"'],
    ['with a bearer key', 'receiver_proof_invalid', async () => 'Bearer secret'],
    [
      'to another wallet',
      'receiver_proof_invalid',
      () => proof({ ...other, address: receiver.address }, { receiver: receiver.address }),
    ],
    [
      'for a text that names another receiver',
      'receiver_proof_invalid',
      () => proof(receiver, { receiver: other.address }),
    ],
    [
      'for a signature made for another host',
      'receiver_proof_invalid',
      () => proof(receiver, { host: 'evil.example' }),
    ],
    [
      'for a time other than the signed one',
      'receiver_proof_invalid',
      async () => (await proof(receiver, { issuedAt: seconds(-600) })).replace(/\d{4}-[^"]+/, seconds(0)),
    ],
    [
      'for a day that does not exist',
      'receiver_proof_invalid',
      () => proof(receiver, { issuedAt: '2026-13-40T00:00:00Z' }),
    ],
    ['after five minutes', 'receiver_proof_expired', () => proof(receiver, { issuedAt: seconds(-302) })],
    ['before its time', 'receiver_proof_expired', () => proof(receiver, { issuedAt: seconds(90) })],
  ]
  test.each(cases)('%s', async (_, code, authorization) => {
    const response = await ask(`?receiver=${receiver.address}`, await authorization())
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toBe('PBStream-Wallet')
    expect(await response.json()).toMatchObject({ code, status: 401 })
  })

  test.each(['', '?receiver=0x12', `?receiver=${receiver.address}&after=1`, `?receiver=${receiver.address}&after=`])(
    'with a query that names nobody or nothing: "%s"',
    async (query) => {
      const response = await ask(query, await proof(receiver))
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'malformed_query' })
    },
  )
})
