import { toJson } from '@pbstream/core/VoucherExport'
import { describe, expect, test } from 'vitest'
import { channelsOf } from '../src/ChannelFile.ts'
import { UsageError } from '../src/Failure.ts'
import { config, exported, hex } from './channel.ts'

describe('a payer may hand in', () => {
  const bare = { config, chainId: undefined, contract: undefined, channelId: undefined }
  const placed = { config, chainId: 84532, contract: hex('c0', 20), channelId: hex('01', 32) }
  const whole = toJson({ v: 1, exportedAt: '', receiver: config.receiver, channels: [exported(), exported()] })

  test.each([
    ['a config', config, [bare]],
    ['a config with addresses in capitals', { ...config, payer: `0x${'A1'.repeat(20)}` }, [bare]],
    ['what a client keeps of a channel', { channelConfig: config, chargedCumulativeAmount: '5' }, [bare]],
    ['a list of configs', [config, config], [bare, bare]],
    ['an export, or what was found', JSON.parse(JSON.stringify(whole)), [placed, placed]],
  ])('%s', (_, json, expected) => {
    expect(channelsOf(json, 'channel.json')).toEqual(expected)
  })

  test.each([
    ['nothing', null, /channel\.json is not the config of a channel: .* is not an object/],
    ['an empty list', [], /names no channel/],
    ['a config without a salt', { ...config, salt: undefined }, /salt is not 32 bytes of hex/],
    ['a list with something else in it', [config, 5], /channel 2 of channel\.json/],
  ])('but not %s', (_, json, message) => {
    expect(() => channelsOf(json, 'channel.json')).toThrow(UsageError)
    expect(() => channelsOf(json, 'channel.json')).toThrow(message)
  })
})
