/** The whole system under an operator's hands: numbers, comparisons, drains, pauses; over HTTP and by the command line. */
import * as Incidents from '@pbstream/db/Incidents'
import { addressOf } from '@pbstream/local/Keys'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, value } from '../../durable-objects/metrics/test/support/exposition.ts'
import { Chain } from '@pbstream/local/Chain'
import { type Stack, type StackPayer, startStack } from '../support/Stack.ts'
import { ops as asOperator } from '../support/operator.ts'
import { until } from '../support/until.ts'

let stack: Stack
let payer: StackPayer
const PRICE = 1_000n

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/cheap' }], vars: { RECONCILE_GRACE_MS: '0' } })
  payer = await stack.payer({ scheme: 'batch-settlement' })
  for (let i = 0; i < 3; i++) expect((await payer.fetch(`${stack.gateway}/cheap`)).status).toBe(200)
  await until('three charges and the deposit are projected, and nothing is on its way', async () => {
    const channel = await row()
    return channel?.spent === '3000' && channel.provisional === '0' && channel.deposited !== '0'
  })
})
afterAll(() => stack.stop())

async function row() {
  const { orm, tables } = stack.system.database
  const [channel] = await orm.select().from(tables.channel)
  return channel
}

async function change(to: Partial<NonNullable<Awaited<ReturnType<typeof row>>>>): Promise<void> {
  const { orm, tables } = stack.system.database
  const { id } = (await row())!
  await orm.update(tables.channel).set(to).where(eq(tables.channel.id, id))
}

const minute = () => stack.system.scheduled('control')
const open = async () => (await Incidents.openIncidents(stack.system.database, 50)).map(({ what }) => what)

const ops = (...args: string[]) => asOperator(stack, ...args)

describe('database, session and chain', () => {
  test('that agree are no incident', async () => {
    await minute()
    await minute()
    expect(await open()).toEqual([])
  })

  test('a row made stale by hand is projected again, with an incident until it is seen to be right', async () => {
    const { revision } = (await row())!
    await change({ spent: '1000', revision: revision - 1 })
    await minute()
    await minute()
    expect(await open()).toEqual(['projection_behind'])
    expect((await row())?.spent).toBe('3000')
    await minute()
    expect(await open()).toEqual([])
  })

  test('a row that says more than the session is an incident and is left alone', async () => {
    await change({ settled: '2999' })
    await minute()
    await minute()
    expect(await open()).toEqual(['projection_differs'])
    expect((await row())?.settled).toBe('2999')
    const { code, out } = await ops('incidents')
    expect([code, out]).toEqual([0, expect.stringContaining('database.settled 2999  session.settled 0')])
    await change({ settled: '0' })
    await minute()
    expect(await open()).toEqual([])
  })
})

describe('npm run ops', () => {
  test('a paused lane settles nothing; resumed, a drained channel is settled below every threshold', async () => {
    const { id } = (await row())!
    const gas = addressOf(stack.keys.gas)
    const lane = [String(Chain.id), gas]
    for (let i = 0; i < 2; i++) expect((await ops('pause-lane', ...lane)).code).toBe(0)
    expect((await ops('lanes')).out).toContain(`${gas}  PAUSED`)
    const stranger = await stack.payer({ scheme: 'batch-settlement' })
    expect((await stranger.fetch(`${stack.gateway}/cheap`)).status, 'no deposit goes through').not.toBe(200)
    expect((await payer.fetch(`${stack.gateway}/cheap`)).status, 'money that is there goes on').toBe(200)
    for (let i = 0; i < 2; i++) expect((await ops('resume-lane', ...lane)).code).toBe(0)
    const { code, out } = await ops('drain', id, '--json')
    expect([code, JSON.parse(out)]).toEqual([0, { kind: 'sent', channelId: id, total: '4000', rest: '0' }])
    const provider = addressOf(stack.keys.provider)
    await until('the provider is paid', async () => (await stack.usdc(provider)) === 4n * PRICE)
    await until('the row shows it', async () => (await row())?.settled === '4000')
    expect(JSON.parse((await ops('drain', id, '--json')).out)).toMatchObject({ kind: 'drained' })
  })

  test('stuck: nothing is, once everything is settled', async () => {
    await minute()
    const { code, out } = await ops('stuck')
    expect(code).toBe(0)
    expect(out).toMatch(/^incidents: none\ndead letters: none\nlanes: none\nlast full comparison: 2/)
  })

  test.each([
    [['--help'], 0, 'Usage: npm run ops'],
    [[], 2, 'Usage: npm run ops'],
    [['explode'], 2, 'There is no command explode'],
    [['toString'], 2, 'There is no command toString'],
    [['drain'], 2, 'drain takes 1 argument'],
    [['drain', '0x12'], 1, '400: '],
    [['drain', `0x${'00'.repeat(32)}`], 1, 'There is no such thing there'],
    [['replay', 'nothing'], 1, 'There is no such thing there'],
    [['rules'], 0, 'rules at revision 1:'],
    [['set-rules', 'nothing.json', 'x'], 2, 'x is no revision'],
    [['set-rules', 'nothing.json', '1'], 2, 'nothing.json cannot be read'],
    [['set-rules', 'package.json', '1'], 1, '400: '],
    [['stops'], 0, 'stops: none'],
    [['release-stop', 'st_none'], 2, 'release-stop takes 2 arguments'],
    [['release-stop', 'st_none', 'because'], 1, 'There is no such thing there'],
    [['breakers'], 0, 'breakers: none'],
    [['open-breaker', 'everything', 'because'], 1, 'There is no such thing there'],
    [['alert-channels'], 0, 'alert channels: none'],
    [['stuck', '--url', 'http://127.0.0.1:1'], 1, 'Nobody answers at http://127.0.0.1:1'],
    [['stuck', '--nonsense'], 2, 'See --help'],
  ])('%j ends with %i and says why', async (args, code, words) => {
    const answer = await ops(...args)
    expect([answer.code, answer.out + answer.err]).toEqual([code, expect.stringContaining(words)])
  })
})

test('the metrics conserve: authorised = metered = settled + held, and name nobody', async () => {
  await minute()
  const response = await fetch(`${stack.system.urls.control}/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const text = await response.text()
  const families = parse(text)
  const pair = `{chain_id="${Chain.id}",token="${Chain.addresses.usdc.toLowerCase()}"}`
  const of = (name: string) => value(families, `pbstream_${name}${pair}`)
  expect(['authorised', 'metered', 'settled', 'claimed'].map((name) => of(`${name}_atomic_total`))).toEqual(
    Array(4).fill('4000'),
  )
  expect([of('held_atomic'), of('lost_atomic_total'), of('charges_total')]).toEqual(['0', '0', '4'])
  expect(of('settlement_lag_seconds_count')).toBe('4')
  const gas = `pbstream_gas_spent_wei_total{chain_id="${Chain.id}",signer="${addressOf(stack.keys.gas)}"}`
  expect(BigInt(value(families, gas))).toBeGreaterThan(0n)
  expect(value(families, 'pbstream_dead_letters{queue="claims"}')).toBe('0')
  expect(text).not.toContain(payer.address)
  expect(stack.logs.join()).not.toContain(stack.keys.operator)
})
