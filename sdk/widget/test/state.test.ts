// What outlives a call: remembered grants, the connection that elements share, wallets that announce themselves.
import { describe, expect, test } from 'vitest'
import { recall, remember, forget, type Remembered, type Store } from '../src/grant/Memory.ts'
import { connectionOf } from '../src/wallet/Connection.ts'
import { pictureOf } from '../src/wallet/Discovery.ts'
import { ACCOUNT, walletOf } from './support/wallet.ts'
import { NOW } from './support/terms.ts'

function storage(): Store & { items: Map<string, string> } {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
  }
}

const grant = (id: string, expiry = NOW + 100): Remembered => ({
  id,
  token: `pbg_${id}`,
  service: 'https://control.example',
  chainId: 8453,
  name: 'Agent',
  expiry,
})

describe('grants of a site', () => {
  test('are remembered by account, newest first, each once', () => {
    const store = storage()
    for (const id of ['a', 'b', 'a']) remember(store, ACCOUNT, grant(id), NOW)
    expect(recall(store, ACCOUNT, NOW).map(({ id }) => id)).toEqual(['a', 'b'])
    expect(recall(store, `0x${'00'.repeat(20)}`, NOW)).toEqual([])
  })

  test('are forgotten when told so, or a month after their end', () => {
    const store = storage()
    remember(store, ACCOUNT, grant('a'), NOW)
    remember(store, ACCOUNT, grant('b', NOW - 31 * 86_400), NOW)
    expect(recall(store, ACCOUNT, NOW).map(({ id }) => id)).toEqual(['a'])
    forget(store, ACCOUNT, 'a', NOW)
    expect(store.items.size).toBe(0)
  })

  test('hold nothing that can spend', () => {
    const store = storage()
    remember(store, ACCOUNT, grant('a'), NOW)
    const [kept] = JSON.parse([...store.items.values()][0]!) as object[]
    expect(Object.keys(kept!).toSorted()).toEqual(['chainId', 'expiry', 'id', 'name', 'service', 'token'])
  })

  test.each(['{', '{}', '[1, null, {"id": 5}]'])('are none where the storage holds %s', (text) => {
    const store = storage()
    store.items.set(`pbstream.grants.${ACCOUNT}`, text)
    expect(recall(store, ACCOUNT, NOW)).toEqual([])
  })

  test('are none in a browser that forbids storage, without an error', () => {
    const forbid = () => {
      throw new Error('denied')
    }
    const store = { getItem: forbid, setItem: forbid, removeItem: forbid }
    expect(() => remember(store, ACCOUNT, grant('a'), NOW)).not.toThrow()
    expect(recall(store, ACCOUNT, NOW)).toEqual([])
  })
})

describe('a connection', () => {
  test('is the same for all that use one wallet', async () => {
    const wallet = walletOf()
    await connectionOf(wallet).connect(wallet)
    expect(connectionOf(wallet).now).toMatchObject({ account: ACCOUNT, chainId: 31_337 })
    expect(connectionOf(walletOf()).now).toBeUndefined()
  })

  test('follows the wallet to another account and chain, and ends with its last account', async () => {
    const listeners = new Map<string, (value: unknown) => void>()
    const wallet = {
      ...walletOf(),
      on: (name: string, listener: (value: unknown) => void) => listeners.set(name, listener),
    }
    const connection = connectionOf(wallet)
    await connection.connect(wallet)
    const other = `0x${'AB'.repeat(20)}`
    listeners.get('accountsChanged')!([other])
    listeners.get('chainChanged')!('0x1')
    expect(connection.now).toMatchObject({ account: other.toLowerCase(), chainId: 1 })
    listeners.get('accountsChanged')!([])
    expect(connection.now).toBeUndefined()
  })

  test('does not come about when the person says no', async () => {
    const wallet = walletOf({ declines: ['eth_requestAccounts'] })
    await expect(connectionOf(wallet).connect(wallet)).rejects.toMatchObject({ code: 'rejected' })
    expect(connectionOf(wallet).now).toBeUndefined()
  })
})

test('the icon of a wallet is shown only if showing it asks nobody', () => {
  const icons = ['data:image/png;base64,AA', 'https://wallet.example/a.png', 'data:text/html,x', 5]
  expect(icons.map(pictureOf)).toEqual(['data:image/png;base64,AA', '', '', ''])
})
