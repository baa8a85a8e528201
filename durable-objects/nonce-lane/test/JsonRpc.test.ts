import { expect, test } from 'vitest'
import { RpcUnavailable } from '../src/ChainRpc.ts'
import { connect } from '../src/JsonRpc.ts'

const url = 'https://node.example/secret-key'
const answering = (body: unknown) => connect({ url, fetch: async () => Response.json(body) })
const failing = (code: number, message: string, data?: string) =>
  answering({ jsonrpc: '2.0', id: 1, error: { code, message, data } })

test.each([
  ['already known', 'accepted'],
  ['AlreadyKnown', 'accepted'],
  ['transaction already imported', 'accepted'],
  ['nonce too low: next nonce 5, tx nonce 4', 'nonce_too_low'],
  ['OldNonce', 'nonce_too_low'],
  ['replacement transaction underpriced', 'underpriced'],
  ['transaction underpriced', 'underpriced'],
  ['max fee per gas less than block base fee', 'underpriced'],
  ['insufficient funds for gas * price + value', 'no_funds'],
  ['exceeds block gas limit', 'refused'],
  ['block gas limit exceeded', 'refused'],
  ['intrinsic gas too high -- tx.gas_limit > env.block.gas_limit', 'refused'],
])('a node that says “%s” to a transaction means %s', async (message, kind) => {
  expect(await failing(-32000, message).sendRaw('0x02')).toMatchObject({ kind })
})

test('a node’s own trouble says nothing about a transaction', async () => {
  await expect(failing(-32005, 'limit exceeded').sendRaw('0x02')).rejects.toThrow(RpcUnavailable)
  await expect(failing(-32603, 'internal error').sendRaw('0x02')).rejects.toThrow(RpcUnavailable)
})

test('a call that reverts is told from a node that cannot answer', async () => {
  const call = { from: '0x01', to: '0x02', data: '0x' } as const
  expect(await failing(3, 'execution reverted: no', '0x08c379a0').estimateGas(call)).toEqual({
    kind: 'reverted',
    message: 'execution reverted: no',
    data: '0x08c379a0',
  })
  expect(await failing(-32000, 'gas required exceeds allowance (30000000)').estimateGas(call)).toMatchObject({
    kind: 'reverted',
  })
  await expect(failing(-32000, 'insufficient funds for transfer').estimateGas(call)).rejects.toThrow(RpcUnavailable)
  await expect(failing(-32000, 'header not found').call(call)).rejects.toThrow(RpcUnavailable)
})

test.each([undefined, null, [], 'x', { result: { blockNumber: 7 } }, { error: 'x' }, { result: '0xzz' }])(
  'an answer that is none (%j) is no answer',
  async (body) => {
    const rpc = answering(body)
    await expect(rpc.blockNumber()).rejects.toThrow(RpcUnavailable)
    await expect(
      rpc.receipt('0x01').then((found) => found ?? Promise.reject(new RpcUnavailable('none'))),
    ).rejects.toThrow(RpcUnavailable)
  },
)

test('a node that stays silent is given up after its time', async () => {
  const silent = connect({
    url,
    timeoutMs: 20,
    fetch: (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      }),
  })
  await expect(silent.blockNumber()).rejects.toThrow(RpcUnavailable)
})

test('I12: an error names neither the endpoint nor its key', async () => {
  const rpc = connect({ url, fetch: () => Promise.reject(new TypeError(`fetch failed for ${url}`)) })
  const error = await rpc.blockNumber().catch((caught: unknown) => caught)
  expect(String(error)).not.toContain('secret-key')
  const quoted = await failing(-32000, `bad request to ${url}`)
    .blockNumber()
    .catch((caught: unknown) => caught)
  expect(String(quoted)).not.toContain('secret-key')
})

test('the market is the newest base fee and the node’s advice', async () => {
  const rpc = connect({
    url,
    fetch: async (_input, init) => {
      const { method } = JSON.parse(String(init?.body)) as { method: string }
      const block = { number: '0x9', baseFeePerGas: '0x10' }
      return Response.json({ result: method === 'eth_getBlockByNumber' ? block : '0x3' })
    },
  })
  expect(await rpc.market()).toEqual({ baseFee: 16n, priority: 3n, block: 9 })
})

test('the chain’s clock is the time of its newest block', async () => {
  expect(await answering({ result: { timestamp: '0x66', baseFeePerGas: '0x10' } }).time()).toBe(102)
})

test('a receipt comes with its logs, in lower case', async () => {
  const hash = `0x${'ab'.repeat(32)}`
  const topic = `0x${'CD'.repeat(32)}`
  const receipt = { transactionHash: hash, blockNumber: '0x7', blockHash: hash, status: '0x1', gasUsed: '0x9' }
  const logs = [{ address: `0x${'EF'.repeat(20)}`, topics: [topic], data: '0xAA', logIndex: '0x0' }]
  expect(await answering({ result: { ...receipt, logs } }).receipt('0x')).toMatchObject({
    block: 7,
    logs: [{ address: `0x${'ef'.repeat(20)}`, topics: [topic.toLowerCase()], data: '0xaa' }],
  })
  expect(await answering({ result: receipt }).receipt('0x')).toMatchObject({ logs: [] })
})

const span = { addresses: ['0x01'], from: 1, to: 9 } as const

test.each([
  'query returned more than 10000 results',
  'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range',
  'eth_getLogs is limited to a 10,000 range',
  'block range is too wide',
  'block range too large',
])('a node that says “%s” is asked for fewer blocks', async (message) => {
  expect(await failing(-32005, message).logs(span)).toEqual({ kind: 'range' })
})

test.each(['rate limit exceeded', 'Too Many Requests', 'exceeded its compute units per second capacity', 'no'])(
  'a node that says “%s” to a question for logs has not answered',
  async (message) => {
    await expect(failing(-32005, message).logs(span)).rejects.toThrow(RpcUnavailable)
  },
)

test('logs and blocks come in lower case, with numbers as numbers', async () => {
  const log = { address: '0xAB', topics: ['0xCD'], data: '0x', blockNumber: '0x10', blockHash: '0xEF' }
  expect(await answering({ jsonrpc: '2.0', id: 1, result: [log] }).logs(span)).toEqual({
    kind: 'logs',
    logs: [{ address: '0xab', topics: ['0xcd'], data: '0x', block: 16, blockHash: '0xef' }],
  })
  const block = { number: '0x10', hash: '0xEF', parentHash: '0xEE', timestamp: '0x64' }
  expect(await answering({ jsonrpc: '2.0', id: 1, result: block }).block('latest')).toEqual({
    number: 16,
    hash: '0xef',
    parent: '0xee',
    time: 100,
  })
  expect(await answering({ jsonrpc: '2.0', id: 1, result: null }).block(99)).toBeUndefined()
  expect(await answering({ jsonrpc: '2.0', id: 1, result: '0x64' }).balance('0x01')).toBe(100n)
})
