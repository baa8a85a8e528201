/** Whether a wallet signed something: a plain key by recovery, a contract by its own word (ERC-1271). */
import { type Address, fromBytes, type Hex, isAddress, isBytes32, lower, toBytes } from '@pbstream/core/Hex'
import type { WalletReply } from '@pbstream/core/message/KeyRelay'
import { encodeFunctionData, parseAbi } from 'viem'
import * as Check from './Check.ts'
import type { Chain, Deps } from './Deps.ts'
import { reachable } from './KeyRelayReach.ts'
import { unusable } from './KeyRelayOrder.ts'

const abi = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])
/** `isValidSignature` as it says yes: its selector, and nothing else in the word. */
const YES = `0x1626ba7e${'0'.repeat(56)}`
/** Enough for any signature check; a node need not work for longer. */
const MAX_GAS = 1_000_000n
const SIGNATURE = /^0x([0-9a-fA-F]{2}){1,4096}$/

/**
 * An account with a key, delegated (EIP-7702) or not, is its key. The chain is asked only about addresses whose key did
 * not sign; a contract's answer is of the newest block and can change.
 */
export async function verifyWallet(
  deps: Deps,
  claim: { chainId: number; address: Address; hash: Hex; signature: Hex },
): Promise<WalletReply> {
  const { chainId, address, hash, signature } = claim ?? {}
  if (!isAddress(address)) return unusable('address')
  if (!isBytes32(hash)) return unusable('hash')
  if (typeof signature !== 'string' || !SIGNATURE.test(signature)) return unusable('signature')
  const [by, digest] = [lower(address), toBytes(hash)]
  if (Check.signedBy(by, digest, signature)) return { kind: 'valid', by: 'key' }
  const chain = typeof chainId === 'number' ? deps.chain(chainId) : undefined
  if (chain === undefined) return unusable('chainId')
  return reachable<WalletReply>(async () =>
    (await contractSays(chain, by, hash, signature)) ? { kind: 'valid', by: 'contract' } : { kind: 'invalid' },
  )
}

/** Whether an account signed, as the escrow would judge it: its key, or its contract. */
export async function isSigned(chain: Chain, account: Address, digest: Uint8Array, signature: Hex): Promise<boolean> {
  return Check.signedBy(account, digest, signature) || contractSays(chain, account, fromBytes(digest), signature)
}

async function contractSays({ rpc }: Chain, address: Address, hash: Hex, signature: Hex): Promise<boolean> {
  const data = encodeFunctionData({ abi, functionName: 'isValidSignature', args: [hash, signature] })
  const reply = await rpc.call({ to: address, data, gas: MAX_GAS })
  // An address without code answers a call with nothing.
  return reply.kind === 'returned' && reply.data.toLowerCase() === YES
}
