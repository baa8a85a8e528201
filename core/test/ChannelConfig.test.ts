import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { expect, test } from 'vitest'

const config = {
  payer: `0x${'a1'.repeat(20)}`,
  payerAuthorizer: `0x${'a2'.repeat(20)}`,
  receiver: `0x${'a3'.repeat(20)}`,
  receiverAuthorizer: `0x${'a4'.repeat(20)}`,
  token: `0x${'a5'.repeat(20)}`,
  withdrawDelay: 900,
  salt: `0x${'0b'.repeat(32)}`,
}

test('hex comes out in lower case, and nothing else with it', () => {
  const upper = (text: string) => `0x${text.slice(2).toUpperCase()}`
  const shouted = { ...config, payer: upper(config.payer), salt: upper(config.salt), extra: 1 }
  expect(ChannelConfig.parse(shouted)).toStrictEqual(config)
})

test.each([0, 1, 2 ** 40 - 1])('a delay of %d has an id', (withdrawDelay) => {
  expect(ChannelConfig.parse({ ...config, withdrawDelay }).withdrawDelay).toBe(withdrawDelay)
})

test.each([
  [null, 'channelConfig is not an object'],
  ['x', 'channelConfig is not an object'],
  [[config], 'channelConfig is not an object'],
  [{ ...config, withdrawDelay: '900' }, 'withdrawDelay is not an integer'],
  [{ ...config, withdrawDelay: 900.5 }, 'withdrawDelay is not an integer'],
  [{ ...config, withdrawDelay: -1 }, 'withdrawDelay is not a uint40'],
  [{ ...config, withdrawDelay: 2 ** 40 }, 'withdrawDelay is not a uint40'],
  [{ ...config, salt: '0x0b' }, 'salt is not 32 bytes of hex'],
  [{ ...config, receiver: undefined }, 'receiver is not an address'],
])('%j is refused: %s', (value, message) => {
  expect(() => ChannelConfig.parse(value)).toThrow(
    expect.objectContaining({ name: 'InvalidChannelConfigError', message, field: message.split(' ')[0] }),
  )
})
