// What the authorisation screen knows and what becomes of it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthorizeModel } from '../src/elements/AuthorizeModel.ts'
import { UsageModel } from '../src/elements/UsageModel.ts'
import { ACCOUNT, walletOf } from './support/wallet.ts'
import { CHAIN, TestService, TOKEN } from './support/service.ts'
import { asked, NOW, PAYEE } from './support/terms.ts'

let server: TestService
beforeEach(async () => {
  server = await TestService.start()
  server.clock = () => NOW
})
afterEach(() => server[Symbol.asyncDispose]())

/** The model once it is in a state that fulfils the condition. */
function modelWhen(
  isThere: (model: AuthorizeModel) => boolean,
  request = asked,
  chainId = CHAIN,
): Promise<AuthorizeModel> {
  return new Promise((resolve) => {
    const model = new AuthorizeModel(() => isThere(model) && resolve(model))
    const connected = { provider: walletOf({ chainId }), account: ACCOUNT, chainId }
    model.load({ connected, service: server.url, request, again: false })
  })
}

const here = { provider: walletOf(), account: ACCOUNT, chainId: CHAIN }

describe('the authorisation screen', () => {
  test('goes by the clock of the service', async () => {
    const model = await modelWhen(({ terms }) => terms !== undefined)
    expect(model.terms!.start).toBe(NOW)
    expect(model.now() - NOW).toBeLessThan(5)
  })

  test('knows the balance of the token', async () => {
    const model = await modelWhen((each) => typeof each.limits === 'object' && balanceOf(each) !== undefined)
    expect(balanceOf(model)).toBe(12_500_000n)
  })

  test('asks nothing of a wallet on another chain', async () => {
    const model = await modelWhen(({ terms }) => terms !== undefined, asked, 84_532)
    expect(balanceOf(model)).toBeUndefined()
  })

  test('says that a request of the site is wrong', async () => {
    const model = await modelWhen(({ failure }) => failure !== undefined, { ...asked, payees: [] })
    expect(model.failure).toMatchObject({ code: 'configuration', detail: 'payees: are not 1 to 32' })
  })

  test('says that the service does not know the token', async () => {
    const model = await modelWhen(({ failure }) => failure !== undefined, { ...asked, token: PAYEE })
    expect(model.failure).toMatchObject({ code: 'configuration' })
  })

  test('shows what the service has against a field until it is changed', async () => {
    const model = await modelWhen(({ terms }) => terms !== undefined)
    model.refuse([{ field: '/permission/spendCap', message: 'at most 10' }])
    expect(model.isWrong('spendCap')).toBe(true)
    model.edit('spendCap', '10')
    expect(model.isWrong('spendCap')).toBe(false)
  })

  function balanceOf(model: AuthorizeModel) {
    return model.review('en', here, { origin: 'https://site.example', secure: true, around: undefined })?.balance
  }
})

describe('the usage element', () => {
  test('shows the grant of which the page has id and read token', async () => {
    const model = new UsageModel(() => undefined)
    server.grants.set('sk_9', { ...grant('sk_9'), readToken: 'pbg_9' })
    await model.load({ service: server.url, grant: 'sk_9', token: 'pbg_9', account: undefined })
    expect(model.grant).toMatchObject({ id: 'sk_9', name: 'Agent' })
    expect(model.token).toEqual(TOKEN)
  })

  test('keeps what it shows when the service is away for a moment', async () => {
    const model = new UsageModel(() => undefined)
    server.grants.set('sk_9', { ...grant('sk_9'), readToken: 'pbg_9' })
    const source = { service: server.url, grant: 'sk_9', token: 'pbg_9', account: undefined }
    await model.load(source)
    await model.load({ ...source, service: 'http://127.0.0.1:1' })
    expect(model.grant?.id).toBe('sk_9')
    expect(model.failure).toMatchObject({ code: 'network' })
    await model.load(source)
    expect(model.failure).toBeUndefined()
  })

  test('asks for a signed receipt when somebody opens it, once', async () => {
    const model = new UsageModel(() => undefined)
    server.grants.set('sk_9', { ...grant('sk_9'), readToken: 'pbg_9' })
    server.receipts.set('pay_1', 'a.b.c')
    await model.load({ service: server.url, grant: 'sk_9', token: 'pbg_9', account: undefined })
    await model.loadReceipt('pay_1')
    await model.loadReceipt('pay_1')
    await model.loadReceipt('pay_2')
    expect([...model.receipts]).toEqual([
      ['pay_1', 'a.b.c'],
      ['pay_2', null],
    ])
    const asked = server.seen.filter(({ path }) => path.includes('/receipts/'))
    expect(asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v1/grants/sk_9/receipts/pay_1', 'Bearer pbg_9'],
      ['/v1/grants/sk_9/receipts/pay_2', 'Bearer pbg_9'],
    ])
  })

  test('shows nothing where nothing was granted', async () => {
    const model = new UsageModel(() => undefined)
    await model.load({ service: server.url, grant: undefined, token: undefined, account: ACCOUNT })
    expect([model.grant, model.failure, server.seen.length]).toEqual([undefined, undefined, 0])
  })

  function grant(id: string) {
    const limits = {
      spendCap: '5',
      periodAmount: '0',
      periodDuration: 0,
      perPaymentMax: '0',
      start: NOW,
      expiry: NOW + 9,
    }
    const who = { account: ACCOUNT, key: ACCOUNT, token: TOKEN.address, payees: [ACCOUNT], routes: null }
    return {
      id,
      name: 'Agent',
      chainId: CHAIN,
      status: 'active',
      usage: null,
      onChain: null,
      receipts: [],
      ...limits,
      ...who,
    } as const
  }
})
