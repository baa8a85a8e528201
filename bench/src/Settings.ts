/** Connections that load a server. */
export const connections = 64
/** Atomic units a call, everywhere. */
export const price = 100n
/** 10,000 USDC a channel: more than any run charges. */
export const deposit = 10_000_000_000n
/** Channels of the calls that wait for a first byte. */
export const probes = 4
/** Requests a second that the first stretch signs for. */
export const guess = { paid: 2000, official: 400 }
/** Channels that are opened at the same time. */
export const openers = 8
/** Of the gateway: nothing is settled while something is measured. */
export const settleVars = { SETTLE_AMOUNT: String(10 ** 15), SETTLE_COUNT: String(10 ** 9), SETTLE_AGE_MS: '3600000' }
/** A row that is shorter only shows that everything works: it is measured in one piece and without variants. */
export const leastSeconds = 4
