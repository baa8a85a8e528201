/** Channels that a person hands in as JSON: a config, what `--find` has printed, or an export. */
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Address, type Hex, isAddress, isBytes32, lower } from '@pbstream/core/Hex'
import { UsageError } from './Failure.ts'

/** A channel and what the file says of where it is. */
export type KnownChannel = {
  config: ChannelConfig.ChannelConfig
  chainId: number | undefined
  contract: Address | undefined
  channelId: Hex | undefined
}

/**
 * Takes a ChannelConfig; an object with one in `config` or `channelConfig`, as clients store it; a list of these; or an
 * object with such a list in `channels`.
 *
 * @throws {UsageError} that says which is none.
 */
export function channelsOf(json: unknown, file: string): KnownChannel[] {
  const { channels } = Object(json) as { channels?: unknown }
  const list = Array.isArray(json) ? json : Array.isArray(channels) ? channels : [json]
  if (list.length === 0) throw new UsageError(`${file} names no channel.`)
  return list.map((entry, i) => {
    const from = Object(entry) as Record<string, unknown>
    const { chainId, contract, channelId } = from
    try {
      return {
        config: ChannelConfig.parse(from['config'] ?? from['channelConfig'] ?? entry),
        chainId: typeof chainId === 'number' ? chainId : undefined,
        contract: isAddress(contract) ? lower(contract) : undefined,
        channelId: isBytes32(channelId) ? lower(channelId) : undefined,
      }
    } catch (error) {
      const which = list.length === 1 ? file : `channel ${i + 1} of ${file}`
      throw new UsageError(`${which} is not the config of a channel: ${(error as Error).message}.`)
    }
  })
}
