/** Session keys as the escrow has them, and what it says of a change that it refuses. */
import { streamChannelEscrowAbi as abi } from '@pbstream/core/abi/StreamChannelEscrow'
import type { ErrorCode } from '@pbstream/core/Errors'
import { type Address, type Hex, lower } from '@pbstream/core/Hex'
import type { KeyOnChain, KeyRefusal } from '@pbstream/core/message/KeyRelay'
import { type Call, type ChainRpc, RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import { decodeErrorResult, decodeFunctionResult, encodeFunctionData } from 'viem'

/** The key in the newest block; undefined when it is not registered there. */
export async function readKey(rpc: ChainRpc, escrow: Address, keyId: Hex): Promise<KeyOnChain | undefined> {
  const reply = await rpc.call({ to: escrow, data: encodeFunctionData({ abi, functionName: 'getKey', args: [keyId] }) })
  // A view does not revert: a node that says so does not have the contract.
  if (reply.kind === 'reverted' || reply.data === '0x') throw new RpcUnavailable('a view returned nothing')
  const key = decodeFunctionResult({ abi, functionName: 'getKey', data: reply.data })
  if (key.version === 0) return undefined
  const { limit, budget, version, expiry, frozenAt, revokedAt } = key
  return {
    keyId,
    version,
    account: lower(key.account),
    key: lower(key.key),
    token: lower(key.token),
    freezer: lower(key.freezer),
    spendCap: budget.spendCap,
    usage: budget.usage,
    periodAmount: limit.periodAmount,
    periodDuration: limit.periodDuration,
    start: limit.start,
    expiry,
    frozenAt,
    revokedAt,
    stoppedAt: limit.stoppedAt,
  }
}

/** Tries a call on the newest state, without sending it; undefined when it goes through. */
export async function refusalOf(rpc: ChainRpc, call: Call): Promise<KeyRefusal | undefined> {
  const reply = await rpc.call(call)
  if (reply.kind === 'returned') return undefined
  return refusal(reply.data)
}

type Meaning = { code: ErrorCode; detail?: string }

function refusal(data: Hex | undefined): KeyRefusal {
  const meaning = data === undefined ? undefined : meaningOf(data)
  return { kind: 'refused', ...(meaning ?? { code: 'transaction_reverted' as const }) }
}

function meaningOf(data: Hex): Meaning | undefined {
  let error: ReturnType<typeof decodeErrorResult<typeof abi>>
  try {
    error = decodeErrorResult({ abi, data })
  } catch {
    return undefined
  }
  switch (error.errorName) {
    case 'InvalidPermission':
      return { code: 'key_permission_invalid', detail: error.args[0] }
    case 'InvalidSignature':
    case 'NotFreezer':
      return { code: 'key_signature_invalid' }
    case 'SignatureExpired':
      return { code: 'key_signature_expired' }
    case 'VersionMismatch':
      return { code: 'key_version_mismatch', detail: `the chain has version ${error.args[0]}` }
    case 'KeyNotRegistered':
      return { code: 'key_not_registered' }
    case 'KeyAlreadyRegistered':
      return { code: 'key_already_registered' }
    case 'KeyNotFrozen':
      return { code: 'key_not_frozen' }
    case 'KeyAlreadyFrozen':
    case 'KeyAlreadyStopped':
      return { code: 'key_already_stopped' }
    case 'KeyAlreadyRevoked':
      return { code: 'key_already_revoked' }
    case 'UsageAboveMaximum':
      return { code: 'key_usage_above_maximum', detail: `the usage is ${error.args[1]}` }
    case 'KeyTermsMismatch':
      return { code: 'key_terms_mismatch', detail: error.args[1] }
    case 'SpendCapExceeded':
      return { code: 'key_deposit_above_cap', detail: `${error.args[1]} of ${error.args[2]}` }
    default:
      return { code: 'transaction_reverted', detail: error.errorName }
  }
}
