// From terms to a registered key, with a wallet and a service over HTTP.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Signature from '@pbstream/core/Signature'
import * as Voucher from '@pbstream/core/Voucher'
import { toBytes } from '@pbstream/core/Hex'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { change } from '../src/grant/Change.ts'
import { type Ports, register, sign, type Step } from '../src/grant/Grant.ts'
import { Service } from '../src/grant/Service.ts'
import { ACCOUNT, type TestWallet, walletOf } from './support/wallet.ts'
import { CHAIN, ESCROW, FREEZER, problem, TestService } from './support/service.ts'
import { PAYEE, terms } from './support/terms.ts'

let server: TestService
let wallet: TestWallet
let steps: Step[]

beforeEach(async () => {
  server = await TestService.start()
  wallet = walletOf()
  steps = []
})
afterEach(() => server[Symbol.asyncDispose]())

function ports(more: Partial<Ports> = {}): Ports {
  const service = new Service(server.url)
  const step = (now: Step) => steps.push(now)
  return { provider: wallet, account: ACCOUNT, service, step, now: () => server.clock(), ...more }
}

const now = () => Math.floor(Date.now() / 1_000)
const wanted = () => terms({}, now())

describe('a grant', () => {
  test('is signed by the wallet for these limits, and registered by the service', async () => {
    const other = `0x${'0d'.repeat(20)}` as const
    const asked = terms({ payees: [PAYEE, other], routes: ['rt_1', 'rt_2'] }, now())
    const limits = {
      spendCap: 20_000_000n,
      periodAmount: 1_000_000n,
      periodDuration: 3_600,
      perPaymentMax: 50_000n,
      expiry: asked.expiry - 1_000,
      payees: [other],
      routes: ['rt_2'],
    }
    const signed = await sign(ports(), asked, limits)
    const granted = await register(ports(), signed)
    expect(steps).toEqual(['chain', 'sign', 'register'])
    const stored = {
      ...limits,
      ...{ spendCap: '20000000', periodAmount: '1000000', perPaymentMax: '50000' },
      ...{ account: ACCOUNT, freezer: FREEZER, name: 'Research agent' },
    }
    expect(server.grants.get(granted.id)).toMatchObject(stored)
    expect(granted).toMatchObject({ token: 'pbg_sk_1', account: ACCOUNT, chainId: CHAIN, expiry: limits.expiry })
  })

  test('hands the secret of a key made here to the page, and to nobody else', async () => {
    const { key, secret } = await register(ports(), await sign(ports(), wanted(), wanted()))
    const point = secp256k1.getPublicKey(toBytes(secret!), false).subarray(1)
    expect(Signature.address(point)).toBe(key)
    expect(JSON.stringify([server.seen, wallet.signed])).not.toContain(secret!.slice(2))
  })

  test('is for the key that the site gives, and then there is no secret', async () => {
    const key = `0x${'7e'.repeat(20)}` as const
    const asked = terms({ key }, now())
    const granted = await register(ports(), await sign(ports(), asked, asked))
    expect(granted).toMatchObject({ key, secret: null })
  })

  test('has the id that the contract gives the key', async () => {
    const granted = await register(ports(), await sign(ports(), wanted(), wanted()))
    const separator = Voucher.escrowDomainSeparator(CHAIN, ESCROW)
    expect(granted.keyId).toBe(SessionKey.keyId(SessionKey.parse(server.grants.get(granted.id)), separator))
  })

  test('takes the wallet to the chain first, and makes it known where it is not', async () => {
    wallet = walletOf({ chainId: 1, knows: [1] })
    const addChain = {
      chainName: 'Local',
      rpcUrls: ['http://127.0.0.1:8545'],
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    }
    await sign(ports({ addChain }), wanted(), wanted())
    expect(wallet.calls.filter((each) => each.startsWith('wallet_'))).toEqual([
      'wallet_switchEthereumChain',
      'wallet_addEthereumChain',
      'wallet_switchEthereumChain',
    ])
  })

  test('is not signed on another chain', async () => {
    wallet = walletOf({ chainId: 1, knows: [1] })
    await expect(sign(ports(), wanted(), wanted())).rejects.toMatchObject({ code: 'wallet', walletCode: 4902 })
    expect(wallet.signed).toEqual([])
  })

  test('is not signed when the wallet stays on another chain', async () => {
    const stays = walletOf({ chainId: 1 })
    const inner = stays.request.bind(stays)
    stays.request = async (call) => (call.method === 'wallet_switchEthereumChain' ? null : inner(call))
    await expect(sign(ports({ provider: stays }), wanted(), wanted())).rejects.toMatchObject({ code: 'wrong_chain' })
    expect(stays.calls).not.toContain('eth_signTypedData_v4')
  })

  test('is nothing when the person says no in the wallet', async () => {
    wallet = walletOf({ declines: ['eth_signTypedData_v4'] })
    await expect(sign(ports(), wanted(), wanted())).rejects.toMatchObject({ code: 'rejected' })
    expect(server.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('is handed in again with the same signature after the connection broke', async () => {
    server.instead.push(undefined)
    const signed = await sign(ports(), wanted(), wanted())
    await expect(register(ports(), signed)).rejects.toMatchObject({ code: 'outcome_unknown', retryable: true })
    await register(ports(), signed)
    expect(wallet.signed).toHaveLength(1)
    const keys = server.seen.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(1)
  })

  test('fails with what the service says, by field too', async () => {
    const errors = [{ field: '/permission/spendCap', message: 'too much' }]
    server.instead.push(problem(422, 'validation_failed', { detail: 'look at the fields', errors }))
    const failing = register(ports(), await sign(ports(), wanted(), wanted()))
    await expect(failing).rejects.toMatchObject({
      code: 'service',
      problem: 'validation_failed',
      errors,
      retryable: false,
    })
  })

  test('is impossible where the service has no contract', async () => {
    server.escrow = null
    await expect(sign(ports(), wanted(), wanted())).rejects.toMatchObject({ code: 'no_escrow' })
  })

  test('sends no cookie and names no account before the person agrees', async () => {
    await new Service(server.url).chain(CHAIN)
    expect(server.seen[0]!.headers).not.toHaveProperty('cookie')
    expect(server.seen[0]!.path).toBe(`/v1/grants/terms?chainId=${CHAIN}`)
  })
})

describe('a permission that was granted', () => {
  const granted = async () => {
    const { id, token } = await register(ports(), await sign(ports(), wanted(), wanted()))
    const service = new Service(server.url)
    return { id, token, service, grant: await service.show(id, token) }
  }

  test.each([
    ['freeze', 'FreezeKey', 'frozen'],
    ['unfreeze', 'UnfreezeKey', 'active'],
    ['revoke', 'RevokeKey', 'revoked'],
  ] as const)('can be changed by the wallet: %s', async (action, form, status) => {
    const { id, token, service, grant } = await granted()
    await change({ provider: wallet, account: ACCOUNT, service }, grant, token, action)
    expect(wallet.signed.at(-1)).toMatchObject({ primaryType: form })
    expect(server.seen.at(-1)!.body).toMatchObject({ deadline: 2_000_000_000, version: 3 })
    expect(server.grants.get(id)!.status).toBe(status)
  })

  test('is not changed by a signature of something else that the service asks for', async () => {
    const { token, service, grant } = await granted()
    const other = Object.assign(Object.create(service) as Service, {
      signingRequest: () => service.signingRequest(grant.id, token, 'revoke'),
    })
    const before = wallet.signed.length
    const changing = change({ provider: wallet, account: ACCOUNT, service: other }, grant, token, 'freeze')
    await expect(changing).rejects.toMatchObject({ code: 'other_form' })
    expect(wallet.signed).toHaveLength(before)
  })

  test('is read by its token only', async () => {
    const { id, service } = await granted()
    await expect(service.show(id, 'pbg_other')).rejects.toMatchObject({ problem: 'not_found' })
  })
})

test.each(['javascript:alert(1)', 'control.example', ''])('%o is no service', (address) => {
  expect(() => new Service(address)).toThrow('configuration: service')
})
