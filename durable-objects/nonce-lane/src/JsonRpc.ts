/** `ChainRpc` over Ethereum JSON-RPC: one POST a call, each with a deadline. */
import { type Hex, lower } from '@pbstream/core/Hex'
import * as z from 'zod'
import {
  type At,
  type Call,
  type CallReply,
  type ChainReader,
  type LogsReply,
  type Receipt,
  type Reverted,
  RpcUnavailable,
} from './ChainRpc.ts'

export type JsonRpcOptions = {
  url: string
  /** Milliseconds until a call counts as unanswered. */
  timeoutMs?: number
  fetch?: typeof fetch
}

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/) as unknown as z.ZodType<Hex>
const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform((text) => BigInt(text))
const logSchema = z.object({ address: bytes, topics: z.array(bytes), data: bytes })
const receiptSchema = z
  .object({
    transactionHash: bytes,
    blockNumber: quantity,
    blockHash: bytes,
    status: quantity,
    gasUsed: quantity,
    effectiveGasPrice: quantity.optional(),
    logs: z.array(logSchema).default([]),
  })
  .nullable()
const blockSchema = z.object({ number: quantity, baseFeePerGas: quantity.optional() })
const headerSchema = z
  .object({ number: quantity, hash: bytes, parentHash: bytes, timestamp: quantity })
  .transform(({ number, hash, parentHash, timestamp }) => {
    return { number: Number(number), hash: lower(hash), parent: lower(parentHash), time: Number(timestamp) }
  })
  .nullable()
const placedSchema = z.array(logSchema.extend({ blockNumber: quantity, blockHash: bytes }))
const timeSchema = z.object({ timestamp: quantity })
const errorSchema = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
const answerSchema = z.object({ result: z.unknown().optional(), error: errorSchema.optional() })

type RpcError = z.infer<typeof errorSchema>
type Answer = { ok: true; result: unknown } | { ok: false; error: RpcError }

const DEFAULT_TIMEOUT = 10_000
const MAX_MESSAGE = 300

/** A chain behind a JSON-RPC endpoint. The URL may hold a key: it is never put into an error. */
export function connect(options: JsonRpcOptions): ChainReader {
  const ask = async (method: string, params: unknown[]) => request(options, method, params)
  const result = async <T>(schema: z.ZodType<T>, method: string, params: unknown[]): Promise<T> => {
    const answer = await ask(method, params)
    if (!answer.ok) throw new RpcUnavailable(`${method}: ${short(answer.error.message)}`)
    return shaped(schema, method, answer.result)
  }
  return {
    sendRaw: async (raw) => {
      const answer = await ask('eth_sendRawTransaction', [raw])
      return answer.ok ? { kind: 'accepted' } : refusal(answer.error)
    },
    receipt: async (hash) => toReceipt(await result(receiptSchema, 'eth_getTransactionReceipt', [hash])),
    blockNumber: async () => Number(await result(quantity, 'eth_blockNumber', [])),
    time: async () => Number((await result(timeSchema, 'eth_getBlockByNumber', ['latest', false])).timestamp),
    transactionCount: async (address, at) =>
      Number(await result(quantity, 'eth_getTransactionCount', [address, tag(at)])),
    estimateGas: async (call) => {
      const answer = await ask('eth_estimateGas', [params(call), 'latest'])
      if (answer.ok) return { kind: 'gas', gas: shaped(quantity, 'eth_estimateGas', answer.result) }
      return revert('eth_estimateGas', answer.error)
    },
    market: async () => {
      const [block, priority] = await Promise.all([
        result(blockSchema, 'eth_getBlockByNumber', ['latest', false]),
        result(quantity, 'eth_maxPriorityFeePerGas', []),
      ])
      return { baseFee: block.baseFeePerGas ?? 0n, priority, block: Number(block.number) }
    },
    call: async (call, at = 'latest'): Promise<CallReply> => {
      const answer = await ask('eth_call', [params(call), tag(at)])
      if (answer.ok) return { kind: 'returned', data: shaped(bytes, 'eth_call', answer.result) }
      return revert('eth_call', answer.error)
    },
    block: async (at) => (await result(headerSchema, 'eth_getBlockByNumber', [tag(at), false])) ?? undefined,
    logs: async ({ addresses, from, to }) => {
      const filter = { address: addresses, fromBlock: tag(from), toBlock: tag(to) }
      const answer = await ask('eth_getLogs', [filter])
      return answer.ok ? toLogs(answer.result) : tooMuch(answer.error)
    },
    balance: async (address) => result(quantity, 'eth_getBalance', [address, 'latest']),
  }
}

function toLogs(found: unknown): LogsReply {
  const logs = shaped(placedSchema, 'eth_getLogs', found).map(({ blockNumber, blockHash, ...log }) => ({
    ...plainLog(log),
    block: Number(blockNumber),
    blockHash: lower(blockHash),
  }))
  return { kind: 'logs', logs }
}

/** Nodes have limits of their own for blocks and for results, and say so in many words. */
function tooMuch(error: RpcError): LogsReply {
  const isBusy = /rate ?limit|too many requests|capacity|per second|timeout|timed out|busy/i.test(error.message)
  if (!isBusy && /range|too (many|large|wide|big)|more than|limited to|size exceeded/i.test(error.message)) {
    return { kind: 'range' }
  }
  throw new RpcUnavailable(`eth_getLogs: ${short(error.message)}`)
}

function plainLog({ address, topics, data }: z.infer<typeof logSchema>) {
  return { address: lower(address), topics: topics.map(lower), data: lower(data) }
}

async function request(options: JsonRpcOptions, method: string, params: unknown[]): Promise<Answer> {
  const send = options.fetch ?? fetch
  // Cleared at the end: a timer that runs on (as `AbortSignal.timeout` does) keeps an idle object in memory.
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs ?? DEFAULT_TIMEOUT)
  let body: unknown
  try {
    const response = await send(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      redirect: 'manual',
      signal: deadline.signal,
    })
    body = await response.json()
  } catch (cause) {
    // The cause may quote the URL, so only its name is passed on.
    throw new RpcUnavailable(`${method}: no answer (${cause instanceof Error ? cause.name : 'unknown'})`)
  } finally {
    clearTimeout(timer)
  }
  const answer = shaped(answerSchema, method, body)
  return answer.error === undefined ? { ok: true, result: answer.result } : { ok: false, error: answer.error }
}

function shaped<T>(schema: z.ZodType<T>, method: string, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new RpcUnavailable(`${method}: not the expected shape`)
  return parsed.data
}

function toReceipt(found: z.infer<typeof receiptSchema>): Receipt | undefined {
  if (found === null) return undefined
  return {
    hash: lower(found.transactionHash),
    block: Number(found.blockNumber),
    blockHash: lower(found.blockHash),
    success: found.status === 1n,
    gasUsed: found.gasUsed,
    gasPrice: found.effectiveGasPrice ?? 0n,
    logs: found.logs.map(plainLog),
  }
}

/** Nodes differ in words, not in meaning: geth, erigon, nethermind, reth and anvil are covered. */
function refusal(error: RpcError): Awaited<ReturnType<ChainReader['sendRaw']>> {
  const message = error.message
  if (/already ?known|already imported|known ?transaction|already exists/i.test(message)) return { kind: 'accepted' }
  if (/nonce too low|nonce is too low|old ?nonce/i.test(message)) return { kind: 'nonce_too_low' }
  if (/underpriced|less than block base fee|fee ?too ?low|below .*base ?fee|tip .*below/i.test(message)) {
    return { kind: 'underpriced' }
  }
  if (/insufficient (funds|balance)/i.test(message)) return { kind: 'no_funds' }
  // Codes a node uses for its own troubles say nothing about the transaction.
  if (error.code === -32005 || error.code === -32603 || /rate|(?<!gas )limit exceeded|timeout|busy/i.test(message)) {
    throw new RpcUnavailable(`eth_sendRawTransaction: ${short(message)}`)
  }
  return { kind: 'refused', message: short(message) }
}

function revert(method: string, error: RpcError): Reverted {
  const fatal = /insufficient funds/i.test(error.message)
  if (fatal || !(error.code === 3 || /revert|out ?of ?gas|gas required exceeds|invalid opcode/i.test(error.message))) {
    throw new RpcUnavailable(`${method}: ${short(error.message)}`)
  }
  const data = bytes.safeParse(error.data)
  return { kind: 'reverted', message: short(error.message), ...(data.success ? { data: data.data } : {}) }
}

function params({ gas, ...call }: Call): object {
  return gas === undefined ? call : { ...call, gas: `0x${gas.toString(16)}` }
}

function tag(at: At): string {
  return at === 'latest' ? at : `0x${at.toString(16)}`
}

function short(message: string): string {
  return message.replace(/https?:\/\/\S+/g, '<url>').slice(0, MAX_MESSAGE)
}
