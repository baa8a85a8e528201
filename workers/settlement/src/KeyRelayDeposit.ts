/** Money of an account into a channel that a session key governs, at our gas: EIP-3009, relayed in the relay's lane. */
import * as Amount from '@pbstream/core/Amount'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Hex, isBytes32, lower } from '@pbstream/core/Hex'
import type { KeyDeposit, KeyDepositReply, KeyRefusal } from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Check from './Check.ts'
import * as Contract from './Contract.ts'
import type { Deps } from './Deps.ts'
import { type Site, siteOf, waitOf } from './KeyRelayChange.ts'
import { refusalOf } from './KeyRelayChain.ts'
import { unusable } from './KeyRelayOrder.ts'
import { reachable } from './KeyRelayReach.ts'
import { observe } from './Observe.ts'
import { submit, transactionOf } from './Submit.ts'

const SIGNATURE = /^0x([0-9a-fA-F]{2}){1,4096}$/

type Deposit = Parameters<typeof Check.depositCalldata>[1] & { channelId: Hex }

/** Sends the deposit once per authorisation. The session of the channel looks at the chain when it is mined. */
export async function deposit(deps: Deps, order: KeyDeposit): Promise<KeyDepositReply> {
  const site = siteOf(deps, order?.chainId)
  if ('code' in site) return site
  const read = parse(order, site)
  if ('kind' in read) return read
  const { config } = read
  if (!SessionKey.governs(config.salt)) return { kind: 'refused', code: 'key_terms_mismatch', detail: 'salt' }
  if (config.token !== site.chain.token) return { kind: 'refused', code: 'token_mismatch' }
  if (config.receiverAuthorizer !== deps.keys.receiverAuthorizer.address) {
    return { kind: 'refused', code: 'receiver_authorizer_mismatch' }
  }
  if (read.amount <= 0n || read.amount < site.chain.minDeposit) {
    return { kind: 'refused', code: 'deposit_below_min_deposit' }
  }
  return reachable(() => send(deps, site, read, waitOf(order.waitMs)))
}

async function send(deps: Deps, site: Site, deposit: Deposit, ms: number): Promise<KeyDepositReply> {
  const { chain, escrow, payer } = site
  const { channelId, config, amount } = deposit
  const authorization = Check.depositAuthorization(escrow, deposit)
  const order = {
    chainId: chain.chainId,
    signer: payer.address,
    // The authorisation's nonce is the channel and a salt: it is used once.
    id: `key-deposit:${config.payer}:${authorization.nonce}`,
    purpose: 'deposit' as const,
    to: escrow.address,
    data: Check.depositCalldata(escrow, deposit),
    acks: [],
    keys: [],
    maxGas: Contract.MAX_DEPOSIT_GAS,
    channels: 1,
    amount,
  }
  const known = await deps.lane(chain.chainId, payer.address).status(1, order.id)
  if (known === undefined) {
    const refused = await refusalOfDeposit(deps, site, deposit, order.data)
    if (refused !== undefined) return refused
  }
  const outcome = await submit(deps, chain, order, { ms })
  switch (outcome.kind) {
    case 'mined': {
      const { payerAuthorizer } = config
      const session = { chainId: chain.chainId, contract: escrow.address, payer: config.payer, payerAuthorizer }
      // Should it not be told now, it looks for itself when the channel is used.
      await observe(deps, session, channelId, config)
      return { kind: 'done', channelId, transaction: outcome.transaction }
    }
    case 'pending':
      return { kind: 'pending', channelId, ...transactionOf(outcome) }
    case 'unavailable':
      return { kind: 'refused', code: 'temporarily_unavailable', detail: outcome.message }
    default:
      return whyNot(site, deposit)
  }
}

async function refusalOfDeposit(deps: Deps, site: Site, deposit: Deposit, data: Hex): Promise<KeyRefusal | undefined> {
  if (Check.times(deposit.authorization, deps.now()) !== undefined) {
    return {
      kind: 'refused',
      code: 'deposit_authorization_invalid',
      detail: 'it is not valid now, or not for long enough',
    }
  }
  const { chain, escrow, payer } = site
  const call = { from: payer.address, to: escrow.address, data, gas: Contract.MAX_DEPOSIT_GAS }
  const refused = await refusalOf(chain.rpc, call)
  // A token that does not take the signature says so in the escrow's words.
  const isOfToken = refused?.code === 'transaction_reverted' || refused?.code === 'key_signature_invalid'
  if (!isOfToken) return refused
  return whyNot(site, deposit)
}

async function whyNot({ chain, escrow }: Site, deposit: Deposit): Promise<KeyRefusal> {
  return { kind: 'refused', ...(await Check.whyNoDeposit(chain, escrow, deposit)) }
}

function parse(order: KeyDeposit, { escrow }: Site): Deposit | KeyRefusal {
  const { authorization: given } = order
  const amount = Amount.tryParse(order.amount)
  if (amount === undefined) return unusable('amount')
  const validAfter = Amount.tryParse(given?.validAfter)
  const validBefore = Amount.tryParse(given?.validBefore)
  if (validAfter === undefined || validBefore === undefined) return unusable('authorization')
  if (!isBytes32(given.salt)) return unusable('authorization.salt')
  if (typeof given.signature !== 'string' || !SIGNATURE.test(given.signature)) {
    return unusable('authorization.signature')
  }
  try {
    const config = ChannelConfig.parse(order.config)
    const authorization = { validAfter, validBefore, salt: lower(given.salt), signature: given.signature }
    return { channelId: ChannelConfig.id(config, escrow.domain), config, amount, authorization }
  } catch (error) {
    if (!(error instanceof ChannelConfig.InvalidChannelConfigError)) throw error
    return unusable(`config.${error.field}`)
  }
}
