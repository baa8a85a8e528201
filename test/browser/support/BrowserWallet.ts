/** A wallet in the page that announces itself by EIP-6963; its key stays here, as it would in an extension. */
import type { BrowserContext } from 'playwright-core'
import { createWalletClient, type Hex, hexToString, http, isHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

export type Asked = { method: string; params: unknown[] }

export class BrowserWallet {
  readonly address: Hex
  /** What needed the person's yes. */
  readonly asked: Asked[] = []
  /** The person says no to what comes next. */
  declines = false
  readonly #key: Hex
  readonly #rpcUrl: string

  constructor({ key, rpcUrl }: { key: Hex; rpcUrl: string }) {
    this.#key = key
    this.#rpcUrl = rpcUrl
    this.address = privateKeyToAccount(key).address
  }

  /** Before the first page is opened. */
  async into(context: BrowserContext): Promise<void> {
    await context.exposeFunction('askTestWallet', (method: string, params: unknown[]) => this.#answer(method, params))
    await context.addInitScript(() => {
      const ask = (globalThis as unknown as { askTestWallet(m: string, p: unknown): Promise<unknown> }).askTestWallet
      const provider = {
        async request({ method, params }: { method: string; params?: unknown }) {
          const { result, error } = (await ask(method, params ?? [])) as { result?: unknown; error?: object }
          if (error !== undefined) throw Object.assign(new Error('declined'), error)
          return result
        },
        on() {},
        removeListener() {},
      }
      const icon = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>'
      const info = { uuid: '00000000-0000-4000-8000-000000000001', name: 'Test wallet', icon, rdns: 'test.wallet' }
      const announce = () =>
        dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
      addEventListener('eip6963:requestProvider', announce)
      announce()
    })
  }

  async #answer(method: string, params: unknown[]): Promise<{ result: unknown } | { error: object }> {
    const isAsked = /^(eth_requestAccounts|personal_sign|eth_signTypedData_v4|eth_sendTransaction)$/.test(method)
    if (isAsked) {
      this.asked.push({ method, params })
      if (this.declines) return { error: { code: 4001, message: 'User rejected the request.' } }
    }
    try {
      return { result: await this.#do(method, params) }
    } catch (error) {
      return { error: { code: -32_603, message: error instanceof Error ? error.message : String(error) } }
    }
  }

  async #do(method: string, params: unknown[]): Promise<unknown> {
    const account = privateKeyToAccount(this.#key)
    if (/^eth_(requestAccounts|accounts)$/.test(method)) return [account.address.toLowerCase()]
    if (/^wallet_(switch|add)EthereumChain$/.test(method)) return null
    if (method === 'personal_sign') {
      const text = params[0] as string
      return account.signMessage({ message: isHex(text) ? hexToString(text) : text })
    }
    if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(params[1] as string))
    if (method === 'eth_sendTransaction') {
      const { to, data } = params[0] as { to: Hex; data: Hex }
      const client = createWalletClient({ account, transport: http(this.#rpcUrl) })
      return client.sendTransaction({ to, data, chain: null })
    }
    const client = createWalletClient({ account, transport: http(this.#rpcUrl) })
    return client.request({ method, params } as never)
  }
}
