/** The entrypoint of control: comparisons with a real chain, lanes, dead letters. */
import type { ChannelStanding } from '@pbstream/core/message/Operations'
import { sessionName } from '@pbstream/core/message/Session'
import { evictDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { lettersOf } from '../src/DeadLetters.ts'
import {
  type Channel,
  chainId,
  channel,
  channelState,
  claimMessage,
  client,
  depositOrder,
  facilitatorGas,
  fundChannel,
  gas,
  relayGas,
  initiateWithdraw,
} from './support/chain.ts'
import { bindings, deliver, events, laneStub, operations, session, settlement, told, until } from './support/worker.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

function standing(of: Channel, over: Partial<ChannelStanding['snapshot']> = {}): ChannelStanding {
  const { receiver, token } = of.config
  const numbers = { provisional: '0', deposited: '0', returned: '0', accepted: '0', claimed: '0', lost: '0' }
  return {
    snapshot: { channelId: of.id, receiver, token, ...numbers, spent: '0', settled: '0', revision: 1, ...over },
    config: of.config,
    withdrawRequestedAt: 0,
    refundNonce: 0n,
    refundInFlight: false,
    attempt: 0,
    depositsWanted: 0n,
  }
}

/** A channel of a session of its own, so that what one test says is not heard in another. */
function alone(): Channel {
  const of = channel()
  return { ...of, name: sessionName({ ...of.session, payerAuthorizer: `0x${of.id.slice(-40)}` }) }
}

const ref = (of: Channel) => ({ session: of.name, channelId: of.id })

describe('comparing', () => {
  test('gives the session’s words beside the newest block and what is claimed at depth k', async () => {
    const of = alone()
    await fundChannel(of, 5_000n)
    await deliver([await claimMessage(of, 700n)])
    await until(async () => ((await channelState(of.id)).totalClaimed === 700n ? true : undefined))
    await client.mine({ blocks: 2 })
    await client.setAutomine(false)
    await deliver([await claimMessage(of, 900n)])
    await client.mine({ blocks: 1 })
    const said = standing(of, { spent: '900' })
    await session(of.name).say({ standing: said })
    expect(await operations.compare(1, [ref(of)])).toEqual([
      {
        channel: ref(of),
        answered: true,
        session: said,
        chain: { balance: 5_000n, totalClaimed: 900n, finalClaimed: 700n, withdrawRequestedAt: 0, refundNonce: 0n },
      },
    ])
  })

  test('a withdrawal that is pending shows', async () => {
    const of = alone()
    await fundChannel(of, 5_000n)
    await initiateWithdraw(of, 10n)
    await session(of.name).say({ standing: standing(of) })
    const [comparison] = await operations.compare(1, [ref(of)])
    expect(comparison?.chain?.withdrawRequestedAt).toBeGreaterThan(1_700_000_000)
  })

  test('a channel that its session does not know has nothing beside it; one on another chain has no chain', async () => {
    const of = alone()
    const other = alone()
    const elsewhere = { ...other, name: other.name.replace(/^[0-9]+/, '1') }
    await session(elsewhere.name).say({ standing: standing(elsewhere) })
    expect(await operations.compare(1, [ref(of), ref(elsewhere)])).toEqual([
      { channel: ref(of), answered: true },
      { channel: ref(elsewhere), answered: true, session: standing(elsewhere) },
    ])
  })

  test('observing again tells the session what the chain says', async () => {
    const of = channel()
    await fundChannel(of, 5_000n)
    expect(await operations.observe(1, ref(of), of.config)).toEqual({ ok: true })
    expect(await told(of.name, of.id)).toMatchObject([{ kind: 'observed', balance: 5_000n }])
  })
})

describe('lanes', () => {
  test('those that there are keys for, with what is under way', async () => {
    await client.setAutomine(false)
    const of = channel()
    const order = { ...(await depositOrder(of, 4_000n)), waitMs: 0 }
    await settlement.deposit(order)
    const lanes = await operations.lanes(1)
    expect(lanes.map(({ signer }) => signer).sort()).toEqual(
      [gas.address, facilitatorGas.address, relayGas.address].sort(),
    )
    const [item] = lanes.find(({ signer }) => signer === gas.address)?.items ?? []
    expect(item).toMatchObject({ purpose: 'deposit', state: 'open', attempts: 1 })
  })

  test('a paused one takes nothing on until it is resumed, also after a restart; others go on', async () => {
    expect(await operations.pauseLane(1, chainId, gas.address, true)).toBe(true)
    expect(await operations.pauseLane(1, chainId, gas.address, true)).toBe(true)
    await evictDurableObject(laneStub())
    const of = channel()
    const order = await depositOrder(of, 4_000n)
    expect(await settlement.deposit(order)).toMatchObject({ kind: 'failed', code: 'temporarily_unavailable' })
    const paused = (await operations.lanes(1)).filter((lane) => lane.paused).map(({ signer }) => signer)
    expect(paused).toEqual([gas.address])
    await operations.pauseLane(1, chainId, gas.address, false)
    expect(await settlement.deposit(order)).toMatchObject({ kind: 'mined' })
  })

  test('one that is not there cannot be paused', async () => {
    expect(await operations.pauseLane(1, 1, gas.address, true)).toBe(false)
    expect(await operations.pauseLane(1, chainId, channel().config.receiver, true)).toBe(false)
  })
})

describe('dead letters', () => {
  const queue = 'pbstream-claims-dlq'
  const box = lettersOf(bindings)
  let logged: { mock: { calls: unknown[][] } }

  /** Message ids are positions in a batch: each test starts with an empty box. */
  async function dead(body: unknown) {
    logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const { id } of (await box.list(1, 100)).letters) await box.remove(1, id)
    expect((await deliver([body], { queue })).acked).toEqual([0])
    return (await box.get(1, '0'))!
  }

  test('a claim is kept without its voucher, and a replay has its session send it again, once', async () => {
    const of = channel({ salt: `0x${'d1'.repeat(32)}` })
    const message = await claimMessage(of, 50n)
    const kept = await dead(message)
    expect(kept.letter).toMatchObject({ kind: 'claim', detail: { channelId: of.id, total: '50' } })
    expect(kept.body).not.toContain(message.signature)
    await session(of.name).say({ drain: { kind: 'sent', total: 50n, rest: 0n } })
    const before = (await session(of.name).drained()).length
    const detail = { channelId: of.id, claim: 'sent', total: '50' }
    expect(await operations.replay(1, '0')).toEqual({ kind: 'replayed', detail })
    expect(await operations.replay(1, '0')).toEqual({ kind: 'not_found' })
    expect((await session(of.name).drained()).slice(before)).toEqual([of.id])
  })

  test('a claim that was settled since is let go of when somebody looks', async () => {
    const of = channel()
    await dead(await claimMessage(of, 50n))
    await session(of.name).say({ standing: standing(of, { spent: '60', settled: '49' }) })
    expect(await operations.deadLetters(1, 10)).toMatchObject({ letters: [{ id: '0' }], depth: 1, settled: [] })
    await session(of.name).say({ standing: standing(of, { spent: '60', settled: '50' }) })
    expect(await operations.deadLetters(1, 10)).toEqual({ letters: [], depth: 0, settled: ['0'] })
  })

  test('while its session cannot replay it, it is kept', async () => {
    const of = channel()
    await dead(await claimMessage(of, 50n))
    await session(of.name).say({ drain: { kind: 'refund_in_flight' } })
    expect(await operations.replay(1, '0')).toMatchObject({ kind: 'kept' })
    expect((await box.list(1, 10)).depth).toBe(1)
  })

  test('what nobody understood is kept whole and told about without it', async () => {
    const kept = await dead({ v: 2, kind: 'claim', voucher: 'secret-voucher' })
    expect(JSON.parse(kept.body)).toEqual({ v: 2, kind: 'claim', voucher: 'secret-voucher' })
    expect(await operations.replay(1, '0')).toMatchObject({ kind: 'kept' })
    const shown = JSON.stringify([kept.letter, events, await operations.deadLetters(1, 10), logged.mock.calls])
    expect(shown).not.toContain('secret-voucher')
  })
})
