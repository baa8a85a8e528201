/**
 * The gas that a lane may spend in a day (UTC). What a transaction can cost at most is set aside when its bytes are made,
 * on that day: for a replacement what it can cost more than those before it, of which one at most is mined. When the
 * item has come to its end, what was not used is there again on the day on which it was set aside. Pure; wei.
 */
import { type Fees, raised } from './Lane.ts'

export const DAY = 86_400_000
/** What an empty transaction to ourselves may take: it takes 21,000. */
export const FILLER_GAS = 30_000n

/** What was set aside with one set of bytes, and when they were made, Unix milliseconds. */
export type Share = { createdAt: number; setAside: bigint }

/** What there is for a replacement: for its nonce already, and for anything on the day that it is. */
export type Purse = { gas: bigint; setAside: bigint; room: bigint }

/** The gas limit of bytes of an item. */
export function gasOf({ gasLimit }: { gasLimit: bigint }, filler: boolean): bigint {
  return filler ? FILLER_GAS : gasLimit
}

/** What is set aside for an item. */
export function setAside({ attempts }: { attempts: readonly Share[] }): bigint {
  return attempts.reduce((sum, share) => sum + share.setAside, 0n)
}

/** What has to be set aside beside `there`, so that the bytes can be paid for. */
export function missing(gas: bigint, maxFee: bigint, there: bigint): bigint {
  const worst = gas * maxFee
  return worst > there ? worst - there : 0n
}

/**
 * The fee of a replacement: what is wanted, or as much of it as the purse pays for, since a block may be had for less
 * than the market's fee, which lets the base fee double. Undefined: so little that no node takes it for a replacement.
 */
export function affordable(wanted: Fees, from: Fees, { gas, setAside: there, room }: Purse): Fees | undefined {
  const purse = room > 0n ? there + room : there
  if (gas * wanted.maxFee <= purse) return wanted
  const maxFee = purse / gas
  if (maxFee < raised(from.maxFee)) return undefined
  return { maxFee, priorityFee: wanted.priorityFee < maxFee ? wanted.priorityFee : maxFee }
}

/**
 * What is to be booked when an item has used `used`: nothing above what was set aside on a day, and the oldest first, so
 * that what comes back is there today.
 */
export function settle(shares: readonly Share[], used: bigint): { at: number; wei: bigint }[] {
  let left = used
  return shares.map(({ createdAt, setAside: there }) => {
    const taken = left < there ? left : there
    left -= taken
    return { at: createdAt, wei: taken - there }
  })
}
