/** The chain's port as a node answers it: raw transactions and calldata in, state of the fake chain out. */
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import type { Address, Hex } from '@pbstream/core/Hex'
import * as PackedRows from '@pbstream/core/PackedRows'
import {
  type At,
  type CallReply,
  type ChainReader,
  type Log,
  type Receipt,
  RpcUnavailable,
} from '@pbstream/nonce-lane/ChainRpc'
import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionResult,
  keccak256,
  parseAbi,
  parseTransaction,
} from 'viem'
import { type Body, execute, type Row, type State } from '../fast/FakeChain.ts'
import type { World } from '../fast/World.ts'
import { channelIds, configs, indexOf, indexOfSalt, session } from '../support/fixtures.ts'

const abi = batchSettlementAbi
const logs = parseAbi([
  'event Claimed(bytes32 indexed channelId, uint128 totalClaimed)',
  'event ClaimSkipped(bytes32 indexed channelId, uint8 reason)',
])
/** `RowOutcome`s of the escrow. */
const CLAIMED = 0
const NOTHING_NEW = 1
const UNFUNDED = 3

type Decoded = ReturnType<typeof decodeFunctionData<typeof abi>>

/** What a transaction to the channel contract does. */
export function bodyOf(data: Hex): Body {
  if (data === '0x') return { kind: 'filler' }
  const calls = flat(data)
  const packed = calls[0] === undefined ? packedRows(data) : undefined
  if (packed !== undefined) return { kind: 'claims', rows: packed, partial: true, pays: true }
  const claim = calls.find(({ functionName }) => functionName === 'claimWithSignature')
  const refund = calls.find(({ functionName }) => functionName === 'refundWithSignature')
  const [first] = calls
  if (refund?.functionName === 'refundWithSignature') {
    const [config, amount, nonce] = refund.args
    return { kind: 'refund', channel: indexOfSalt(config.salt), amount, nonce, claim: claim && rowsOf(claim)[0] }
  }
  if (claim !== undefined) return { kind: 'claims', rows: rowsOf(claim), partial: false, pays: calls.length > 1 }
  if (first?.functionName !== 'deposit') throw new Error('a transaction that nobody knows')
  const [config, amount, , authorization] = first.args
  return { kind: 'deposit', channel: indexOfSalt(config.salt), amount, authorization }
}

/** The calls in it; none when it is for the escrow alone. */
function flat(data: Hex): Decoded[] {
  let decoded: Decoded
  try {
    decoded = decodeFunctionData({ abi, data })
  } catch {
    return []
  }
  return decoded.functionName === 'multicall' ? decoded.args[0].flatMap((inner) => flat(inner)) : [decoded]
}

function packedRows(data: Hex): Row[] {
  const { functionName, args } = decodeFunctionData({ abi: streamChannelEscrowAbi, data })
  if (functionName !== 'settleBatch') throw new Error('a transaction that nobody knows')
  const [terms, rows] = args
  return PackedRows.decode({ terms: { ...configs[0], ...terms }, rows }).map(({ config, max, total, signature }) => ({
    channel: indexOfSalt(config.salt),
    max,
    total,
    signature,
  }))
}

function rowsOf(call: Decoded): Row[] {
  if (call.functionName !== 'claimWithSignature') return []
  return call.args[0].map(({ voucher, signature, totalClaimed }) => ({
    channel: indexOfSalt(voucher.channel.salt),
    total: totalClaimed,
    max: voucher.maxClaimableAmount,
    signature,
  }))
}

/** Every call goes through `pass`, which may let it fail before or after it took effect. */
export function rpcOf(world: World, pass: <T>(effect: () => T) => Promise<T>): ChainReader {
  const { chain, faults } = world
  const refused = new Set<number>()
  const head = () => (faults.hit('nodeLags') ? chain.at(chain.head.number - 1) : chain.head)
  const at = (where: At) => (where === 'latest' ? head() : chain.at(where))
  const block = ({ number, hash, time }: typeof chain.head) => ({ number, hash, parent: hash, time })
  return {
    sendRaw: (raw) =>
      pass(() => {
        const { nonce = 0, data = '0x', maxFeePerGas: maxFee = 0n } = parseTransaction(raw as `0x02${string}`)
        if (data !== '0x' && (refused.has(nonce) || faults.hit('nodeRefuses'))) {
          refused.add(nonce)
          return { kind: 'refused', message: 'no' }
        }
        return { kind: chain.send({ hash: keccak256(raw), item: `nonce ${nonce}`, nonce, maxFee, body: bodyOf(data) }) }
      }),
    receipt: (hash) => pass(() => receiptOf(world, hash)),
    blockNumber: () => pass(() => head().number),
    time: () => pass(() => head().time),
    transactionCount: (_, where) => pass(() => at(where).count),
    estimateGas: ({ data }) =>
      pass(() => (chain.passes(bodyOf(data)) ? { kind: 'gas', gas: 100_000n } : { kind: 'reverted', message: 'no' })),
    market: () => pass(() => ({ baseFee: chain.baseFee, priority: 1n, block: head().number })),
    call: ({ to, data }, where = 'latest') => pass(() => answer(world, at(where), to, data)),
    block: (where) => pass(() => block(at(where))),
    balance: () => pass(() => 10n ** 18n),
    logs: () => pass(() => ({ kind: 'logs', logs: [] })),
  }
}

function receiptOf({ chain }: World, hash: Hex): Receipt | undefined {
  const receipt = chain.receipt(hash)
  const recorded = chain.recorded(hash)
  if (receipt === undefined || recorded === undefined) return receipt
  const written = [...recorded].map(([channelId, total]): Log => {
    const before = total === 'before'
    const topics = encodeEventTopics({ abi: logs, eventName: before ? 'ClaimSkipped' : 'Claimed', args: { channelId } })
    const data = encodeAbiParameters([{ type: 'uint128' }], [before ? BigInt(NOTHING_NEW) : total])
    return { address: session.contract, topics: topics as Hex[], data }
  })
  return { ...receipt, logs: written }
}

function answer(world: World, block: { state: State; time: number }, to: Address, data: Hex): CallReply {
  if (to !== session.contract) return tokenAnswer(data, block.state)
  const [first] = flat(data)
  if (first === undefined) return trial(world, block, data)
  const answers = flat(data).map((call) => view(call, block.state))
  const whole = decodeFunctionData({ abi, data }).functionName === 'multicall'
  const returned = whole ? encodeFunctionResult({ abi, functionName: 'multicall', result: answers }) : answers[0]!
  return { kind: 'returned', data: returned }
}

function view(call: Decoded, state: State): Hex {
  switch (call.functionName) {
    case 'channels': {
      const { balance, claimed } = state.channels[indexOf(call.args[0])]!
      return encodeFunctionResult({ abi, functionName: 'channels', result: [balance, claimed] })
    }
    case 'receivers':
      return encodeFunctionResult({ abi, functionName: 'receivers', result: [state.claimed, state.paid] })
    case 'pendingWithdrawals': {
      const { withdrawAmount, withdrawAt } = state.channels[indexOf(call.args[0])]!
      return encodeFunctionResult({ abi, functionName: 'pendingWithdrawals', result: [withdrawAmount, withdrawAt] })
    }
    case 'refundNonce': {
      const { refundNonce } = state.channels[indexOf(call.args[0])]!
      return encodeFunctionResult({ abi, functionName: 'refundNonce', result: refundNonce })
    }
    default:
      throw new RpcUnavailable(`a view that nobody knows: ${call.functionName}`)
  }
}

/** What the escrow says of each row of `settleBatch`. */
function trial({ chain }: World, { state, time }: { state: State; time: number }, data: Hex): CallReply {
  const codes = packedRows(data).map((row) => {
    const recorded = new Map<Hex, bigint | 'before'>()
    execute(state, { kind: 'claims', rows: [row], partial: true, pays: true }, time, chain.kind, recorded)
    const total = recorded.get(channelIds[row.channel]!)
    return total === undefined ? UNFUNDED : total === 'before' ? NOTHING_NEW : CLAIMED
  })
  const bytes: Hex = `0x${codes.map((code) => code.toString(16).padStart(2, '0')).join('')}`
  const result = encodeFunctionResult({ abi: streamChannelEscrowAbi, functionName: 'settleBatch', result: bytes })
  return { kind: 'returned', data: result }
}

function tokenAnswer(data: Hex, state: State): CallReply {
  const { functionName } = decodeFunctionData({ abi: testUsdcAbi, data })
  if (functionName === 'balanceOf') {
    return { kind: 'returned', data: encodeFunctionResult({ abi: testUsdcAbi, functionName, result: 10n ** 12n }) }
  }
  if (functionName !== 'authorizationState') throw new RpcUnavailable('a view of the token that nobody knows')
  const result = state.used.length > 0
  return { kind: 'returned', data: encodeFunctionResult({ abi: testUsdcAbi, functionName, result }) }
}
