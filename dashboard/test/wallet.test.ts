/** Asking a wallet, against one that does what a test tells it. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Eip1193, WalletError } from '../src/Eip1193.ts'
import * as Wallet from '../src/Wallet.ts'

const OWNER = `0x${'ab'.repeat(20)}`
const OTHER = `0x${'cd'.repeat(20)}`
const typed = (chainId?: number) => ({
  domain: { name: 'x', ...(chainId !== undefined && { chainId }) },
  types: { Hello: [] },
  primaryType: 'Hello',
  message: {},
})

type Answers = { [method: string]: (params: unknown) => unknown }

/**
 * A wallet with one account, on Base, whose answers can be replaced; `asked` is every call that was made. It goes to the
 * chain that it is told to.
 */
function fake(answers: Answers = {}) {
  let chain = '0x2105'
  const move = (params: unknown) => {
    chain = (params as [{ chainId: string }])[0].chainId
    return null
  }
  const asked: { method: string; params?: unknown }[] = []
  const listeners = new Map<string, (value: never) => void>()
  const all: Answers = {
    eth_requestAccounts: () => [OWNER.toUpperCase().replace('0X', '0x')],
    eth_accounts: () => [],
    eth_chainId: () => chain,
    eth_signTypedData_v4: () => '0x51',
    wallet_switchEthereumChain: move,
    wallet_addEthereumChain: move,
    ...answers,
  }
  const provider: Eip1193 = {
    async request({ method, params }) {
      asked.push(params === undefined ? { method } : { method, params })
      const answer = all[method]
      if (answer === undefined) throw Object.assign(new Error(`no ${method}`), { code: 4200 })
      return answer(params)
    },
    on: (event, listener) => listeners.set(event, listener),
    removeListener: (event) => listeners.delete(event),
  }
  const tell = (event: string, value: unknown) => listeners.get(event)?.(value as never)
  return { provider, asked, tell, methods: () => asked.map(({ method }) => method) }
}

/** Makes these the wallets that were found. */
function found(...providers: Eip1193[]): void {
  Wallet.wallets.value = providers.map((provider, at) => ({ uuid: `u${at}`, name: `Wallet ${at}`, icon: '', provider }))
}

const failing = (code: number) => () => {
  throw Object.assign(new Error('no'), { code })
}

afterEach(() => {
  Wallet.disconnect()
  Wallet.expected.value = undefined
  Wallet.wallets.value = []
})

describe('connecting', () => {
  test('takes the account, lower case', async () => {
    found(fake().provider)
    expect(await Wallet.connect('u0')).toBe(OWNER)
    expect([Wallet.account.value, Wallet.wallet.value?.name]).toEqual([OWNER, 'Wallet 0'])
  })

  test('takes the account that is signed in, of those that the wallet shows', async () => {
    found(fake({ eth_requestAccounts: () => [OTHER, OWNER] }).provider)
    Wallet.expected.value = OWNER
    expect(await Wallet.connect('u0')).toBe(OWNER)
  })

  test('follows the wallet to another account, and ends when it shows none', async () => {
    const { provider, tell } = fake()
    found(provider)
    await Wallet.connect('u0')
    tell('accountsChanged', [OTHER])
    expect(Wallet.account.value).toBe(OTHER)
    tell('accountsChanged', [])
    expect([Wallet.account.value, Wallet.wallet.value]).toEqual([undefined, undefined])
  })

  test('a no of the person is told from a failure', async () => {
    found(fake({ eth_requestAccounts: failing(4001) }).provider)
    await expect(Wallet.connect('u0')).rejects.toMatchObject({ name: 'WalletError', reason: 'declined' })
    found(fake({ eth_requestAccounts: failing(-32_603) }).provider)
    await expect(Wallet.connect('u0')).rejects.toMatchObject({ name: 'WalletError', reason: 'failed' })
    await expect(Wallet.connect('gone')).rejects.toBeInstanceOf(WalletError)
  })
})

describe('a wallet is needed', () => {
  test('the only one is asked at once', async () => {
    const { provider, methods } = fake()
    found(provider)
    expect(await Wallet.request('eth_chainId')).toBe('0x2105')
    expect(methods()).toEqual(['eth_requestAccounts', 'eth_chainId'])
  })

  test('of several the person chooses', async () => {
    found(fake().provider, fake({ eth_chainId: () => '0x1' }).provider)
    const answer = Wallet.request('eth_chainId')
    await vi.waitUntil(() => Wallet.asking.value !== undefined)
    await Wallet.connect('u1')
    Wallet.asking.value?.done()
    expect(await answer).toBe('0x1')
    expect(Wallet.asking.value).toBeUndefined()
  })

  test('who chooses none has declined', async () => {
    found(fake().provider, fake().provider)
    const answer = Wallet.request('eth_chainId')
    Wallet.asking.value?.cancel()
    await expect(answer).rejects.toMatchObject({ reason: 'declined' })
  })
})

describe('signing typed data', () => {
  test('stays on the chain where its domain names none', async () => {
    const { provider, methods } = fake()
    found(provider)
    expect(await Wallet.signTypedData(typed())).toBe('0x51')
    expect(methods()).toEqual(['eth_requestAccounts', 'eth_signTypedData_v4'])
  })

  test('goes to the chain of its domain, and adds it where the wallet does not know it', async () => {
    const { provider, asked } = fake({ wallet_switchEthereumChain: failing(4902) })
    found(provider)
    await Wallet.signTypedData(typed(84_532))
    const changes = asked.filter(({ method }) => method !== 'eth_chainId')
    expect(changes.slice(1).map(({ method }) => method)).toEqual([
      'wallet_switchEthereumChain',
      'wallet_addEthereumChain',
      'eth_signTypedData_v4',
    ])
    expect(changes[2]?.params).toMatchObject([{ chainId: '0x14a34', chainName: 'Base Sepolia' }])
    expect(asked.at(-1)?.params).toMatchObject([OWNER, expect.stringContaining('EIP712Domain')])
  })

  test('is not asked of a wallet that stays on another chain', async () => {
    const { provider, methods } = fake({ wallet_switchEthereumChain: () => null })
    found(provider)
    await expect(Wallet.signTypedData(typed(84_532))).rejects.toMatchObject({ reason: 'chain_unknown' })
    expect(methods()).not.toContain('eth_signTypedData_v4')
  })

  test('goes to a chain that the wallet added without going there', async () => {
    const { provider, methods } = fake({ wallet_addEthereumChain: () => null })
    let isKnown = false
    const { request } = provider
    provider.request = async (call) => {
      if (call.method === 'wallet_switchEthereumChain' && !isKnown) {
        isKnown = true
        throw Object.assign(new Error('unknown'), { code: 4902 })
      }
      return request(call)
    }
    found(provider)
    expect(await Wallet.signTypedData(typed(84_532))).toBe('0x51')
    expect(methods()).toContain('wallet_switchEthereumChain')
  })

  test('on a chain that nobody here knows says so', async () => {
    found(fake({ wallet_switchEthereumChain: failing(4902) }).provider)
    await expect(Wallet.signTypedData(typed(5))).rejects.toMatchObject({ reason: 'chain_unknown' })
  })

  test('is not asked of another account than the one that is signed in', async () => {
    const { provider, methods } = fake({ eth_requestAccounts: () => [OTHER] })
    found(provider)
    Wallet.expected.value = OWNER
    await expect(Wallet.signTypedData(typed())).rejects.toMatchObject({ reason: 'other_account' })
    expect(methods()).not.toContain('eth_signTypedData_v4')
  })
})

test('a transaction is sent from the account, on its chain, with its value in hex', async () => {
  const { provider, asked } = fake({ eth_sendTransaction: () => '0x7a' })
  found(provider)
  expect(await Wallet.sendTransaction({ to: '0x01', data: '0x02', chainId: 8453, value: 255n })).toBe('0x7a')
  expect(asked.at(-1)?.params).toEqual([{ from: OWNER, to: '0x01', data: '0x02', value: '0xff' }])
})

test('a receipt says whether the transaction went through', async () => {
  const { provider } = fake({ eth_getTransactionReceipt: () => ({ status: '0x0', blockNumber: '0x10' }) })
  found(provider)
  expect(await Wallet.receipt('0x7a', 8453)).toEqual({ status: 'reverted', blockNumber: 16n })
})
