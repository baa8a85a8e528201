/** From terms that a person agreed to, to a key that is registered: the wallet signs, the service brings it to the chain. */
import { type Address, fromBytes, type Hex, zeroAddress } from '@pbstream/core/Hex'
import { brought, Failure } from '../Failure.ts'
import { accounts, ask, type AddChain, type Eip1193, toChain } from '../wallet/Provider.ts'
import type { Limits, Terms } from './Request.ts'
import type { Made, NewGrant, Service } from './Service.ts'

/** Where a grant is: shown and said as it goes on. */
export type Step = 'chain' | 'sign' | 'register'

/** What the event `granted` holds. */
export type Granted = {
  id: string
  /** Reads this one grant: limits, use, receipts. */
  token: string
  account: Address
  chainId: number
  /** The address of the key. */
  key: Address
  /** The secret of a key that was made in the page: this is the only place where it is. */
  secret: Hex | null
  /** Salt of the channels that the key governs. */
  keyId: Hex
  expiry: number
}

/** What the wallet signed: handing it in again asks nobody again. */
export type SignedGrant = {
  grant: NewGrant
  idempotencyKey: string
  key: Address
  secret: Hex | null
  keyId: Hex
}

export type Ports = {
  provider: Eip1193
  account: Address
  service: Service
  /** Unix seconds, by the clock of the service. */
  now(): number
  /** Throws when nobody waits for it any more: then the wallet is not asked. */
  step(step: Step): void
  addChain?: AddChain | undefined
}

/** How long the service has to hand the signature in. */
const DEADLINE_S = 3_600

/** Has the wallet sign. @throws {Failure} */
export async function sign(ports: Ports, terms: Terms, limits: Limits): Promise<SignedGrant> {
  const { provider, account, service, now, step } = ports
  const { chain } = await service.chain(terms.chainId)
  step('chain')
  await toChain(provider, terms.chainId, ports.addChain)
  await requireAccount(provider, account)
  const { key, secret } = await keyFor(terms)
  const deadline = now() + DEADLINE_S
  const { seal } = await brought(import('./Seal.ts'))
  const { keyId, typedData, permission } = seal(
    {
      account,
      key,
      token: terms.token.address,
      payees: [...limits.payees],
      spendCap: String(limits.spendCap),
      periodAmount: String(limits.periodAmount),
      periodDuration: limits.periodDuration,
      perPaymentMax: String(limits.perPaymentMax),
      start: terms.start,
      expiry: limits.expiry,
      freezer: chain.freezer ?? zeroAddress,
      salt: fromBytes(crypto.getRandomValues(new Uint8Array(32))),
    },
    { chainId: terms.chainId, escrow: chain.escrow, deadline },
  )
  step('sign')
  const signature = await signed(provider, account, typedData)
  const { name, chainId } = terms
  const grant = { name, chainId, permission, routes: limits.routes, deadline, signature }
  return { grant, key, secret, keyId, idempotencyKey: crypto.randomUUID() }
}

/**
 * Hands in what was signed. May be repeated with the same.
 *
 * @throws {Failure} `outcome_unknown` when the answer did not come: the key may be registered.
 */
export async function register({ service, step }: Ports, from: SignedGrant): Promise<Granted> {
  step('register')
  const made: Made = await service.create(from.grant, from.idempotencyKey).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== 'network') throw error
    throw new Failure('outcome_unknown', { retryable: true })
  })
  const { key, secret, keyId, grant } = from
  const { account, expiry } = grant.permission
  return { id: made.id, token: made.token, account, chainId: grant.chainId, key, secret, keyId, expiry }
}

/** Has the wallet sign typed data. @throws {Failure} */
export async function signed(provider: Eip1193, account: Address, typedData: object): Promise<Hex> {
  const signature = await ask(provider, 'eth_signTypedData_v4', [account, JSON.stringify(typedData)])
  if (typeof signature !== 'string' || !/^0x(?:[0-9a-f]{2})+$/i.test(signature)) {
    throw new Failure('wallet', { detail: 'no signature' })
  }
  return signature as Hex
}

/**
 * A wallet that went to another account did not always say so: what is signed is for the account that the person saw.
 *
 * @throws {Failure} `other_account`
 */
export async function requireAccount(provider: Eip1193, account: Address): Promise<void> {
  const list = await accounts(provider, false)
  if (!list.includes(account)) throw new Failure(list.length === 0 ? 'no_account' : 'other_account')
}

async function keyFor({ key }: Terms): Promise<{ key: Address; secret: Hex | null }> {
  if (key !== undefined) return { key, secret: null }
  const made = (await brought(import('./NewKey.ts'))).newKey()
  return { key: made.address, secret: made.secret }
}
