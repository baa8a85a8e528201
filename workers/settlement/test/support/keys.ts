import type { Hex } from '@pbstream/core/Hex'

const key = (byte: string): Hex => `0x${byte.repeat(32)}`

/** Private keys of the tests; those of the Worker are also in ../wrangler.toml. */
export const keys = {
  receiverAuthorizer: `0xa${'1'.repeat(63)}`,
  gas: `0xa${'2'.repeat(63)}`,
  facilitatorGas: `0xa${'3'.repeat(63)}`,
  relayGas: `0xa${'4'.repeat(63)}`,
  freezer: `0xa${'5'.repeat(63)}`,
  payer: key('b1'),
  sessionKey: key('b2'),
  stranger: key('b4'),
} as const satisfies Record<string, Hex>

/** Providers: they only receive. */
export const receiver: Hex = `0x${'c1'.repeat(20)}`
export const otherReceiver: Hex = `0x${'c2'.repeat(20)}`
