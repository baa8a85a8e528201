import { encodeAbiParameters, encodeEventTopics, type Hex, parseAbi, RpcRequestError } from 'viem'
import { expect, test } from 'vitest'
import type { Chain } from '../src/Chain.ts'
import { Failure } from '../src/Failure.ts'
import { find } from '../src/Find.ts'
import { config, hex } from './channel.ts'

const CONFIG =
  '(address payer, address payerAuthorizer, address receiver, address receiverAuthorizer, address token, uint40 withdrawDelay, bytes32 salt) config'
const canonical = parseAbi([`event ChannelCreated(bytes32 indexed channelId, ${CONFIG})`])
const ours = parseAbi([`event ChannelCreated(bytes32 indexed channelId, ${CONFIG}, uint128 amount)`])
const contract = hex('c0', 20)

type Log = { block: bigint; topics: Hex[]; data: Hex }

function created(block: bigint, channelId: Hex, payer: Hex, amount?: bigint): Log {
  const of = { ...config, payer }
  const abi = amount === undefined ? canonical : ours
  const [, ...inputs] = abi[0].inputs
  return {
    block,
    topics: encodeEventTopics({ abi, args: { channelId } }) as Hex[],
    data: encodeAbiParameters(inputs as never, (amount === undefined ? [of] : [of, amount]) as never),
  }
}

/** A node that gives logs of at most `most` blocks at once, as many do. */
function node(logs: Log[], most: bigint): { chain: Chain; asked: string[] } {
  const asked: string[] = []
  const request = async ({ params }: { params: [{ fromBlock: Hex; toBlock: Hex; topics: [Hex[]] }] }) => {
    const [{ fromBlock, toBlock, topics }] = params
    const [from, to] = [BigInt(fromBlock), BigInt(toBlock)]
    asked.push(`${from}-${to}`)
    if (to - from + 1n > most) {
      throw new RpcRequestError({ body: {}, url: '', error: { code: -32_005, message: 'too many blocks' } })
    }
    return logs.filter((log) => log.block >= from && log.block <= to && topics[0].includes(log.topics[0]!))
  }
  const client = { request, getBlockNumber: async () => 1_000n } as unknown as Chain['client']
  return { chain: { id: 1, client, url: '' }, asked }
}

const logs = [
  created(3n, hex('01', 32), config.payer),
  created(500n, hex('02', 32), hex('0f', 20)),
  created(501n, hex('03', 32), config.payer, 5n),
  created(1_000n, hex('01', 32), config.payer),
]
const search = { payer: config.payer, fromBlock: 0n, note: () => {} }

test('finds the channels of a payer as both contracts log them, each once', async () => {
  const { chain, asked } = node(logs, 10_000n)
  expect(await find(chain, contract, search)).toEqual([
    { channelId: hex('01', 32), config },
    { channelId: hex('03', 32), config },
  ])
  expect(asked).toEqual(['0-1000'])
})

test('asks for fewer blocks when the node refuses, and leaves out none', async () => {
  const { chain, asked } = node(logs, 100n)
  expect((await find(chain, contract, search)).map(({ channelId }) => channelId)).toEqual([
    hex('01', 32),
    hex('03', 32),
  ])
  const answered = asked
    .map((range) => range.split('-').map(Number) as [number, number])
    .filter(([a, b]) => b - a < 100)
  let next = 0
  for (const [from, to] of answered) {
    expect(from).toBe(next)
    next = to + 1
  }
  expect(next).toBe(1_001)
})

test('a node that gives no logs at all is a failure', async () => {
  await expect(find(node(logs, 0n).chain, contract, search)).rejects.toThrow(Failure)
})
