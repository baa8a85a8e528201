// What a hostile site, service or wallet says: it stays in its line, and nothing but what was shown is signed.
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { oneLine, quoted } from '../src/format/Line.ts'
import { change } from '../src/grant/Change.ts'
import { type Ports, register, sign } from '../src/grant/Grant.ts'
import { Service } from '../src/grant/Service.ts'
import { topUpAddress } from '../src/view/Funding.ts'
import { say } from '../src/text/Text.ts'
import { TestService } from './support/service.ts'
import { terms } from './support/terms.ts'
import { ACCOUNT, type TestWallet, walletOf } from './support/wallet.ts'

const OTHER = privateKeyToAccount(`0x${'b2'.repeat(32)}`)

describe('a name', () => {
  test.each([
    ['with markup is text', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['turns no direction', 'Agent\u202e\u2067 moc.elpmaxe', 'Agent moc.elpmaxe'],
    ['has one line', 'Agent\r\n\n\u2028\u2029\u0085verified', 'Agent verified'],
    ['is no run of letters that show nothing', '\u3164\u2800\u200b\u115f', ''],
    ['piles no marks on other lines', `A${'\u0301'.repeat(50)}b`, 'A\u0301\u0301b'],
    ['that is no text is none', 5, ''],
  ])('%s', (_, name, shown) => {
    expect(oneLine(name, 100)).toBe(shown)
  })

  test('is cut between characters', () => {
    expect(oneLine('💸'.repeat(500), 100)).toBe('💸'.repeat(100))
  })

  test('does not go on in our own sentence', () => {
    const title = say('en', 'title', { name: quoted('Bank” asks for nothing. “Agent') })
    expect(title.replace(/[\u2068\u2069]/g, '')).toBe('“Bank" asks for nothing. "Agent” asks to spend from your wallet')
    expect(title.match(/[\u2068\u2069]/g)).toEqual(['\u2068', '\u2069'])
  })
})

test('the id of a grant leads nowhere but to the page of the service', () => {
  const address = topUpAddress({ service: 'https://control.example', id: '../x?key=y#z', testnet: false })
  expect(new URL(address)).toMatchObject({ origin: 'https://control.example', pathname: '/app/funds', hash: '' })
  expect(new URL(address).searchParams.get('mode')).toBe('live')
})

describe('a wallet', () => {
  let server: TestService
  let wallet: TestWallet
  beforeEach(async () => {
    server = await TestService.start()
    wallet = walletOf()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const wanted = () => terms({}, server.clock())
  function ports(more: Partial<Ports> = {}): Ports {
    const service = new Service(server.url)
    return { provider: wallet, account: ACCOUNT, service, step: () => {}, now: () => server.clock(), ...more }
  }
  /** Answers one method in its own way. */
  function instead(method: string, answer: (...params: unknown[]) => unknown): TestWallet {
    const request = wallet.request.bind(wallet)
    wallet.request = async (call) =>
      call.method === method ? answer(...((call.params ?? []) as unknown[])) : request(call)
    return wallet
  }
  const posted = () => server.seen.filter(({ method }) => method === 'POST')

  test('that went to another account without a word is asked for no signature', async () => {
    instead('eth_accounts', () => [OTHER.address])
    await expect(sign(ports(), wanted(), wanted())).rejects.toMatchObject({ code: 'other_account' })
    expect(wallet.signed).toEqual([])
  })

  test('that locked itself is asked for no signature', async () => {
    instead('eth_accounts', () => [])
    await expect(sign(ports(), wanted(), wanted())).rejects.toMatchObject({ code: 'no_account' })
    expect(wallet.signed).toEqual([])
  })

  test('that signs with another account grants nothing', async () => {
    instead('eth_signTypedData_v4', (_, typedData) => OTHER.signTypedData(JSON.parse(String(typedData))))
    const signed = await sign(ports(), wanted(), wanted())
    await expect(register(ports(), signed)).rejects.toMatchObject({ problem: 'signature_refused', retryable: false })
    expect(server.grants.size).toBe(0)
  })

  test.each([
    ['nothing', null],
    ['no hex', 'signed'],
    ['an object', {}],
  ])('that answers %s for a signature sends nothing', async (_, answer) => {
    instead('eth_signTypedData_v4', () => answer)
    await expect(sign(ports(), wanted(), wanted())).rejects.toMatchObject({ code: 'wallet' })
    expect(posted()).toEqual([])
  })

  test('that goes to another chain while it signs has signed for the chain that was shown', async () => {
    instead('eth_chainId', () => (wallet.signed.length === 0 ? '0x7a69' : '0x1'))
    await register(ports(), await sign(ports(), wanted(), wanted()))
    expect(wallet.signed[0]).toMatchObject({ domain: { chainId: 31_337 } })
  })

  test('is not asked when nobody waits any more', async () => {
    const step = () => {
      throw new Error('closed')
    }
    await expect(sign(ports({ step }), wanted(), wanted())).rejects.toThrow('closed')
    expect(wallet.calls).toEqual([])
  })

  test('on another account freezes nothing', async () => {
    const { id, token } = await register(ports(), await sign(ports(), wanted(), wanted()))
    const service = new Service(server.url)
    const grant = await service.show(id, token)
    instead('eth_accounts', () => [OTHER.address])
    const changing = change({ provider: wallet, account: grant.account, service }, grant, token, 'revoke')
    await expect(changing).rejects.toMatchObject({ code: 'other_account' })
    expect(server.grants.get(id)!.status).toBe('active')
  })
})
