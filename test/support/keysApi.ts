/** Owners of session keys, as the API of control knows them: signed in with a wallet, or with an API key. */
import { randomBytes, randomUUID } from 'node:crypto'
import { localDeployment } from '@pbstream/contracts/deployments/local.ts'
import { type Hex, lower } from '@pbstream/core/Hex'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import type { PayerOptions } from '@pbstream/local/Payer'
import { bytesToHex } from 'viem'
import { type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage } from 'viem/siwe'
import type { Stack } from './Stack.ts'

export const canonical = lower(Chain.addresses.batchSettlement)
export const escrow = lower(localDeployment.contracts.StreamChannelEscrow.address)
export const usdc = lower(Chain.addresses.usdc)

export type Reply = { status: number; headers: Headers; json: Record<string, unknown> }
export type Call = {
  body?: unknown
  /** A fresh one unless given; null: none. */
  idempotencyKey?: string | null
  headers?: Record<string, string>
}

export const secret = (): Hex => bytesToHex(randomBytes(32))
export const now = (): number => Math.floor(Date.now() / 1_000)

/** Somebody with a wallet and an API key of the test mode that may do everything a key can with session keys. */
export class Owner {
  readonly wallet: LocalAccount
  readonly #key: Hex | undefined
  readonly address: Hex
  readonly #control: () => string
  /** What the service calls itself, where that is not its address. */
  #publicOrigin: string | undefined
  #cookie = ''
  #apiKey = ''

  private constructor(stack: Stack, wallet: Hex | LocalAccount) {
    this.#key = typeof wallet === 'string' ? wallet : undefined
    this.wallet = typeof wallet === 'string' ? privateKeyToAccount(wallet) : wallet
    this.address = lower(this.wallet.address)
    this.#control = () => stack.system.urls.control
  }

  /** `wallet`: a private key, or an account that signs in its own way. */
  static async signIn(stack: Stack, wallet: Hex | LocalAccount = secret()): Promise<Owner> {
    const owner = new Owner(stack, wallet)
    const { json: offer } = await owner.#send('POST', '/sign-in/nonce', {}, {})
    const { origin } = new URL(offer['uri'] as string)
    if (origin !== new URL(owner.#control()).origin) owner.#publicOrigin = origin
    const message = createSiweMessage({
      address: owner.wallet.address,
      chainId: Chain.id,
      domain: offer['domain'] as string,
      nonce: offer['nonce'] as string,
      uri: offer['uri'] as string,
      version: '1',
      issuedAt: new Date(),
    })
    const signature = await owner.wallet.signMessage({ message })
    const entered = await owner.#send('POST', '/sign-in', { body: { message, signature } }, {})
    owner.#cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const areas = ['session_keys', 'providers', 'sentinel']
    const scopes = [...areas.flatMap((area) => [`${area}:read`, `${area}:write`]), 'audit:read']
    const made = await owner.asPerson('POST', '/api-keys', { body: { name: 'test', scopes } })
    if (made.status !== 201) throw new Error(`no API key: ${JSON.stringify(made.json)}`)
    owner.#apiKey = made.json['secret'] as string
    return owner
  }

  /** The private key of the wallet. */
  get key(): Hex {
    if (this.#key === undefined) throw new Error('this wallet has no key')
    return this.#key
  }

  /** A call with the API key. */
  call(method: string, path: string, call: Call = {}): Promise<Reply> {
    return this.#send(method, path, call, { authorization: `Bearer ${this.#apiKey}` })
  }

  /** A call with the cookie of the wallet. */
  asPerson(method: string, path: string, call: Call = {}): Promise<Reply> {
    const origin = this.#publicOrigin ?? new URL(this.#control()).origin
    return this.#send(method, path, call, { cookie: this.#cookie, origin, 'pbstream-mode': 'test' })
  }

  /** The call again with the wallet's consent to what its refusal asks for. `signer`: who consents. */
  async confirmed(method: string, path: string, call: Call, signer = this.wallet): Promise<Reply> {
    const refused = await this.call(method, path, call)
    if (refused.status !== 403) throw new Error(`no signature is asked for: ${JSON.stringify(refused.json)}`)
    return this.call(method, path, { ...call, headers: { ...call.headers, ...(await consent(refused, signer)) } })
  }

  /** What the wallet signs over typed data of the service, as a wallet would. */
  sign(typedData: unknown): Promise<Hex> {
    return signTyped(this.wallet, typedData)
  }

  async #send(method: string, path: string, call: Call, who: Record<string, string>): Promise<Reply> {
    const { body, idempotencyKey = randomUUID(), headers = {} } = call
    const response = await fetch(`${this.#control()}/v1${path}`, {
      method,
      headers: {
        ...who,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' || idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) }
  }
}

/** The header that consents to what a refusal asks for. */
export async function consent(refused: Reply, signer: LocalAccount): Promise<Record<string, string>> {
  const typedData = refused.json['typedData'] as { message: { deadline: string; nonce: string } }
  const signature = await signTyped(signer, typedData)
  const { deadline, nonce } = typedData.message
  return { 'pbstream-confirmation': `${deadline}:${nonce}:${signature}` }
}

export function signTyped(wallet: LocalAccount, typedData: unknown): Promise<Hex> {
  const { types, ...rest } = typedData as { types: Record<string, unknown> }
  const { EIP712Domain: _, ...own } = types
  return wallet.signTypedData({ ...rest, types: own } as unknown as Parameters<typeof wallet.signTypedData>[0])
}

/** The body for a new key: wide open but for what a test says. */
export function terms(stack: Stack, over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'agent',
    chainId: Chain.id,
    contract: 'canonical',
    payees: [lower(addressOf(stack.keys.provider))],
    spendCap: '1000000000',
    expiry: now() + 86_400,
    ...over,
  }
}

/** A managed key on the canonical contract and a payer that pays with it. */
export async function managedPayer(
  stack: Stack,
  over: Record<string, unknown> = {},
  options: Pick<PayerOptions, 'fetch'> = {},
) {
  const owner = await Owner.signIn(stack)
  const sessionKey = secret()
  const made = await owner.call('POST', '/session-keys', {
    body: terms(stack, { key: addressOf(sessionKey), ...over }),
  })
  if (made.status !== 201) throw new Error(`no key: ${JSON.stringify(made.json)}`)
  const payer = await stack.payer({ ...options, key: owner.key, sessionKey, scheme: 'batch-settlement' })
  return { owner, sessionKey, payer, id: made.json['id'] as string, made: made.json }
}
