/** Finds a payer's channels by what the contract has logged, when nobody remembers their configs. */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import { BaseError, decodeAbiParameters, numberToHex, parseAbiParameters, toEventSelector } from 'viem'
import type { Chain } from './Chain.ts'
import { Failure } from './Failure.ts'

const CONFIG = '(address,address,address,address,address,uint40,bytes32)'
/** The canonical contract logs the config; our escrow, and the local stand-in, the first amount as well. */
const TOPICS = [`ChannelCreated(bytes32,${CONFIG})`, `ChannelCreated(bytes32,${CONFIG},uint128)`].map(toEventSelector)
/** All of it is static, so that the config is at the beginning of both. */
const DATA = parseAbiParameters(
  '(address payer, address payerAuthorizer, address receiver, address receiverAuthorizer, address token, uint40 withdrawDelay, bytes32 salt) config',
)

export type Found = { channelId: Hex; config: ChannelConfig.ChannelConfig }

/**
 * Channels of one contract that `payer` has opened since block `fromBlock`, each once. Endpoints limit how much one
 * question may cover: when one is refused, smaller ones are asked.
 *
 * @throws {Failure} when the endpoint does not answer for a single block.
 */
export async function find(
  chain: Chain,
  contract: Address,
  { payer, fromBlock, note }: { payer: Address; fromBlock: bigint; note(line: string): void },
): Promise<Found[]> {
  const found = new Map<Hex, Found>()
  const last = await chain.client.getBlockNumber({ cacheTime: 0 })
  let at = fromBlock
  let step = last - at + 1n
  let tooMany = step + 1n
  while (at <= last) {
    const to = at + step - 1n > last ? last : at + step - 1n
    const logs = await logsBetween(chain, contract, at, to)
    if (logs === undefined) {
      if (step <= 1n) throw new Failure('The RPC endpoint does not give logs: use another one.')
      tooMany = step
      step = (step + 9n) / 10n
      continue
    }
    for (const { topics, data } of logs) {
      const [config] = decodeAbiParameters(DATA, data)
      const channelId = topics[1]
      if (channelId === undefined || config.payer.toLowerCase() !== payer) continue
      found.set(channelId, { channelId, config: ChannelConfig.parse(config) })
    }
    if (to < last) note(`blocks ${fromBlock} to ${to} of ${last}: ${found.size} found`)
    at = to + 1n
    if (2n * step < tooMany) step *= 2n
  }
  return [...found.values()]
}

type Log = { topics: Hex[]; data: Hex }

/** `undefined` when the endpoint refuses the question. */
async function logsBetween({ client }: Chain, address: Address, from: bigint, to: bigint): Promise<Log[] | undefined> {
  const range = { fromBlock: numberToHex(from), toBlock: numberToHex(to) }
  try {
    return await client.request({ method: 'eth_getLogs', params: [{ address, topics: [TOPICS], ...range }] })
  } catch (error) {
    if (error instanceof BaseError) return undefined
    throw error
  }
}
