/** Edge leases over whole systems: several gateways, each an isolate of its own, spend slices of one session's room. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, lower } from '@pbstream/core/Hex'
import type { StreamSessionApi } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import * as Lease from '@pbstream/core/session/Lease'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { decodeJwt } from '../support/decodeJwt.ts'
import { usdc } from '../support/keysApi.ts'
import { SessionClient, type SessionOptions } from '../support/SessionClient.ts'
import { statuses } from '../support/signedRequest.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** What callers see; every gateway stands behind it. */
const ORIGIN = 'https://api.example'
const PRICE = 1_000n
/** A lease may last so long, and be reported so long after that. */
const LEASE_MS = 5_000
const GRACE_MS = 30_000

let stack: Stack
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-leases-'))
  stack = await startStack({
    routes: ['/work', '/slow', '/fails'].map((path) => ({ path })),
    vars: { PUBLIC_URL: ORIGIN },
    directory,
    system: { gateways: 4 },
  })
})
afterAll(async () => {
  await stack?.stop()
  await rm(directory, { recursive: true, force: true })
})

async function open(over: Partial<SessionOptions> = {}): Promise<SessionClient> {
  const { key } = await stack.payer()
  const max = 1_000_000n
  return SessionClient.open({
    gateway: stack.gateway,
    origin: ORIGIN,
    path: '/work',
    wallet: key,
    deposit: 5_000_000n,
    max,
    ...over,
  })
}

const sessionOf = async (client: SessionClient) => (await stack.system.session(client.name)) as StreamSessionApi
const numbers = async (client: SessionClient) => (await (await sessionOf(client)).view(1, client.channelId))!

/** Waits until every lease is over and reported, and answers what was charged. */
function total(client: SessionClient): Promise<bigint> {
  return until(
    'nothing is set aside any more',
    async () => {
      const { spent, reserved } = await numbers(client)
      return reserved === 0n && [spent]
    },
    LEASE_MS + GRACE_MS + 30_000,
  ).then(([spent]) => spent!)
}

/** Calls the strict way, as often as it takes, until an answer tells of a lease. */
async function leaseAt(client: SessionClient, gateway: string, path = '/work'): Promise<Lease.Offered> {
  for (let i = 0; i < 50; i++) {
    const response = await client.strict(path, { gateway })
    expect(response.status).toBe(200)
    const offered = Lease.parseOffered(response.headers.get('pbstream-lease'))
    if (offered !== undefined) return offered
  }
  throw new Error('no answer told of a lease')
}

const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code
const leaseOf = (response: Response) => decodeJwt(response.headers.get('pbstream-receipt') ?? '')['lease']

test('100 parallel calls on one channel by one caller: 100 are served, and the total is exact', async () => {
  const client = await open()
  const responses = await Promise.all(Array.from({ length: 100 }, () => client.call('/work')))
  expect(statuses(responses)).toEqual({ 200: 100 })
  expect(await total(client)).toBe(100n * PRICE)
})

test('1,000 requests with one signature of the wallet and three vouchers, many of them without asking the session', async () => {
  const client = await open({ max: 400_000n })
  let sent = 0
  let leased = 0
  const failures: string[] = []
  const lane = async () => {
    while (sent < 1_000) {
      const turn = ++sent
      const raise = turn === 250 ? { raise: 800_000n } : turn === 600 ? { raise: 1_100_000n } : {}
      const response = await client.call('/work', raise)
      if (response.status !== 200) failures.push(await response.text())
      else if (leaseOf(response) !== undefined) leased++
      await response.body?.cancel()
    }
  }
  await Promise.all(Array.from({ length: 10 }, lane))
  expect(failures).toEqual([])
  expect(client.signed).toEqual({ wallet: 1, vouchers: 3 })
  // How many depends on the machine; the bench prints the share.
  expect(leased).toBeGreaterThan(100)
  expect(await total(client)).toBe(1_000n * PRICE)
})

test('the same signed request at many isolates: served once, charged once', async () => {
  const client = await open()
  const calls = stack.upstream.calls('/work')
  const lease = await leaseAt(client, stack.gateway)
  const served = stack.upstream.calls('/work') - calls
  const copies = await Promise.all(
    stack.system.gateways.flatMap((gateway) =>
      Array.from({ length: 5 }, () => client.request('/work', { lease: { id: lease.id, n: 1 }, gateway })),
    ),
  )
  const responses = await Promise.all(copies.map((copy) => fetch(copy)))
  expect(statuses(responses)).toEqual({ 200: 1, 409: 19 })
  // The same id without its lease, and with another request behind it.
  const strict = await fetch(await client.request('/work', { id: `${lease.id}.2` }))
  expect([strict.status, await codeOf(strict)]).toEqual([409, 'lease_elsewhere'])
  const other = await fetch(
    await client.request('/work', { lease: { id: lease.id, n: 1 }, method: 'POST', body: '{}' }),
  )
  expect([other.status, await codeOf(other)]).toEqual([422, 'request_id_mismatch'])
  // Once its lease is over, the session knows the request by its id.
  const spent = await total(client)
  expect(spent).toBe(BigInt(served + 1) * PRICE)
  const late = await fetch(await client.request('/work', { lease: { id: lease.id, n: 1 } }))
  expect([late.status, await codeOf(late)]).toEqual([409, 'lease_elsewhere'])
  const receipt = await client.receipt(`${lease.id}.1`)
  expect(receipt.status).toBe(200)
  expect(await total(client)).toBe(spent)
})

test('several isolates drain one budget to its last unit, and never beyond', async () => {
  const budget = 300n
  const client = await open({ max: budget * PRICE, deposit: 2n * budget * PRICE })
  const calls = stack.upstream.calls('/work')
  let served = 0
  /** Two callers at one isolate; they count the numbers of its leases together. */
  const isolate = async (gateway: string) => {
    let lease: (Lease.Offered & { next: number }) | undefined
    const send = async () => {
      const isOpen = lease !== undefined && lease.next <= lease.count && Date.now() < lease.expires * 1_000
      const named = lease !== undefined && isOpen ? { lease: { id: lease.id, n: lease.next++ } } : {}
      const response = await client.strict('/work', { gateway, ...named })
      const offered = Lease.parseOffered(response.headers.get('pbstream-lease'))
      if (offered !== undefined && offered.id !== lease?.id && !seen.has(offered.id)) {
        lease = { ...offered, next: 1 }
        seen.add(offered.id)
      }
      return response
    }
    const seen = new Set<string>()
    const caller = async () => {
      for (;;) {
        const response = await send()
        if (response.status === 200) {
          served++
          continue
        }
        const code = await codeOf(response)
        if (code === 'lease_elsewhere') {
          lease = undefined
          continue
        }
        expect(code).toBe('session_room_short')
        // Slices of others may come back: only what is spent is gone.
        const isSpent = await until('a slice comes back, or all is spent', async () => {
          const { spent, reserved } = await numbers(client)
          if (spent === budget * PRICE) return [true]
          return spent + reserved < budget * PRICE && [false]
        })
        if (isSpent[0]) return
      }
    }
    await Promise.all([caller(), caller()])
  }
  await Promise.all(stack.system.gateways.map(isolate))
  expect(served).toBe(Number(budget))
  expect(stack.upstream.calls('/work') - calls).toBe(Number(budget))
  const { spent, reserved, accepted } = await numbers(client)
  expect({ spent, reserved, accepted }).toEqual({ spent: budget * PRICE, reserved: 0n, accepted: budget * PRICE })
})

test('a call that takes longer than its lease is charged, and others are not held up by it', async () => {
  const client = await open()
  const lease = await leaseAt(client, stack.gateway, '/slow')
  const before = stack.upstream.calls('/slow')
  const { promise: gate, resolve: go } = Promise.withResolvers<void>()
  stack.upstream.on('/slow', async (_, response) => {
    await gate
    response.writeHead(200, { 'content-type': 'text/plain' }).end('slow')
  })
  const slow = client.request('/slow', { lease: { id: lease.id, n: 1 } }).then((request) => fetch(request))
  // The slice comes back without it: only its own price stays set aside.
  await until('only the slow call is set aside', async () => (await numbers(client)).reserved === PRICE, 3 * LEASE_MS)
  expect(stack.upstream.calls('/slow')).toBe(before + 1)
  go()
  expect((await slow).status).toBe(200)
  expect(await total(client)).toBe(BigInt(before + 1) * PRICE)
  expect((await client.receipt(`${lease.id}.1`)).status).toBe(200)
})

const second = () => Math.floor(Date.now() / 1_000)

function policy(over: Partial<Policy>): Policy {
  return {
    version: 1,
    status: 'active',
    token: usdc,
    payees: [lower(addressOf(stack.keys.provider))],
    spendCap: 10n ** 12n,
    periodAmount: 0n,
    periodDuration: 0,
    perPaymentMax: 0n,
    start: second() - 10,
    expiry: second() + 86_400,
    routes: null,
    ...over,
  }
}

function refOf(client: SessionClient) {
  const { payer, payerAuthorizer } = client.config
  return { chainId: Chain.id, contract: lower(Chain.addresses.batchSettlement), payer, payerAuthorizer }
}

test('a key that is frozen during a lease: freezing until it has ended, and nothing that begins after is charged', async () => {
  const client = await open()
  const session = await sessionOf(client)
  expect((await session.setPolicy(1, refOf(client), policy({}))).applied).toBe(true)
  const lease = await leaseAt(client, stack.gateway)
  expect((await fetch(await client.request('/work', { lease: { id: lease.id, n: 1 } }))).status).toBe(200)
  const frozen = await session.setPolicy(1, refOf(client), policy({ version: 2, status: 'frozen' }))
  expect(frozen.leasedUntil).toBeGreaterThan(Date.now())
  expect(frozen.leasedUntil).toBeLessThanOrEqual(Date.now() + LEASE_MS)
  expect((await client.strict('/work')).status).not.toBe(200)
  await until('the last lease has ended', async () => (await session.policy(1))?.status === 'frozen', 3 * LEASE_MS)
  const { spent } = await numbers(client)
  const calls = stack.upstream.calls('/work')
  for (const gateway of stack.system.gateways) {
    const late = await fetch(await client.request('/work', { lease: { id: lease.id, n: 2 }, gateway }))
    expect([late.status, await codeOf(late)]).toEqual([409, 'lease_elsewhere'])
  }
  expect((await client.strict('/work')).status).not.toBe(200)
  expect(stack.upstream.calls('/work')).toBe(calls)
  expect((await numbers(client)).spent).toBe(spent)
})

test('a policy whose period ends within the time of a lease gets none, and every call is served', async () => {
  const client = await open()
  const session = await sessionOf(client)
  await session.setPolicy(1, refOf(client), policy({ periodAmount: 10n ** 9n, periodDuration: 3 }))
  for (let i = 0; i < 30; i++) {
    const response = await client.call('/work')
    expect([response.status, response.headers.get('pbstream-lease')]).toEqual([200, null])
  }
  expect(await total(client)).toBe(30n * PRICE)
})

test('a call under a lease that the upstream fails costs nothing, and its number is free', async () => {
  const client = await open()
  stack.upstream.on('/fails', (_, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' }).end('no')
  })
  let lease: Lease.Offered | undefined
  for (let i = 0; i < 50 && lease === undefined; i++) {
    const response = await client.strict('/fails')
    expect(response.status).toBe(500)
    lease = Lease.parseOffered(response.headers.get('pbstream-lease'))
  }
  const named = { lease: { id: lease!.id, n: 1 } }
  expect((await fetch(await client.request('/fails', named))).status).toBe(500)
  stack.upstream.on('/fails', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('yes')
  })
  expect((await fetch(await client.request('/fails', named))).status).toBe(200)
  expect(await total(client)).toBe(PRICE)
})

test('isolates that are killed with leases in hand: the payer loses nothing, the provider a slice at most, and late reports change nothing', async () => {
  const client = await open()
  const leases: Lease.Offered[] = []
  const others = stack.upstream.calls('/work')
  for (const gateway of stack.system.gateways) leases.push(await leaseAt(client, gateway))
  const served = stack.upstream.calls('/work')
  const known = async () => (await numbers(client)).spent
  await until('the strict calls are charged', async () => (await known()) === BigInt(served - others) * PRICE)
  const before = await known()
  const answers = await Promise.all(
    leases.map(async ({ id }, i) =>
      fetch(await client.request('/work', { lease: { id, n: 1 }, gateway: stack.system.gateways[i]! })),
    ),
  )
  expect(statuses(answers)).toEqual({ 200: leases.length })
  expect(stack.upstream.calls('/work')).toBe(served + leases.length)
  await stack.restart(async () => {})
  const { reserved } = await numbers(client)
  expect(reserved).toBeGreaterThan(0n)
  const spent = await total(client)
  // Never more than was served; less by what had not been reported, which is no more than the slices.
  expect(spent).toBeLessThanOrEqual(BigInt(stack.upstream.calls('/work') - others) * PRICE)
  expect(spent).toBeGreaterThanOrEqual(before)
  const session = await sessionOf(client)
  const digest: Hex = `0x${'ab'.repeat(32)}`
  const late = leases.map(({ id }) => ({ leaseId: id, charges: [{ n: 2, digest, amount: PRICE }], final: true }))
  for (const reply of await session.leased(1, late)) expect(reply).toMatchObject({ kind: 'ended', taken: 0 })
  expect(await numbers(client)).toMatchObject({ spent, reserved: 0n })
  // All that is left of the budget is there to be spent.
  const { gateway } = stack
  expect((await client.strict('/work', { gateway })).status).toBe(200)
  expect(await total(client)).toBe(spent + PRICE)
}, 240_000)
