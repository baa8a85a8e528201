/** EIP-3009: a token holder's signed order to move tokens, and how a deposit is bound to its channel. */
import * as Eip712 from './Eip712.ts'
import { type Address, fromBytes, type Hex } from './Hex.ts'
import type { Authorization } from './message/Settlement.ts'

export type { Authorization } from './message/Settlement.ts'

/** An authorisation before it is signed. */
export type Unsigned = Omit<Authorization, 'signature'>

const members = 'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce'
const TRANSFER = Eip712.typeHash(`TransferWithAuthorization(${members})`)
const RECEIVE = Eip712.typeHash(`ReceiveWithAuthorization(${members})`)

/** The domain of a token: computed once per token. For USDC the name is that of the deployment, version `2`. */
export function domainSeparator(token: {
  chainId: number
  token: Address
  tokenName: string
  tokenVersion: string
}): Eip712.Hash {
  const { chainId, token: verifyingContract, tokenName: name, tokenVersion: version } = token
  return Eip712.domainSeparator({ name, version, chainId, verifyingContract })
}

/** What is signed for x402 `exact`: anyone may submit it. 32 bytes. */
export function transferDigest(separator: Eip712.Hash, authorization: Unsigned): Eip712.Hash {
  return Eip712.digest(separator, struct(TRANSFER, authorization))
}

/** What is signed for a deposit: only `to`, the collector, can submit it. 32 bytes. */
export function receiveDigest(separator: Eip712.Hash, authorization: Unsigned): Eip712.Hash {
  return Eip712.digest(separator, struct(RECEIVE, authorization))
}

/** The nonce of a deposit, `keccak256(abi.encode(channelId, uint256 salt))`: it binds the money to one channel. */
export function depositNonce(channelId: Hex, salt: Hex): Hex {
  return fromBytes(Eip712.hashWords(channelId, salt))
}

function struct(type: Eip712.Hash, a: Unsigned): Eip712.Hash {
  return Eip712.hashStruct(type, a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce)
}
