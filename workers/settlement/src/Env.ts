/** What the Worker is given: bindings, secrets and the chains it settles on. */
import type { PbEvent } from '@pbstream/core/message/Event'
import { type Address, isAddress, lower } from '@pbstream/core/Hex'
import * as z from 'zod'

export type Env = {
  /** Hosted here: one object per (chain, signer). */
  NONCE_LANE: DurableObjectNamespace
  /** Hosted here: one object keeps what no retry could deal with. */
  DEAD_LETTERS: DurableObjectNamespace
  /** Hosted here: one object per chain follows it. */
  CHAIN_WATCHER: DurableObjectNamespace
  /** Hosted by the gateway Worker. */
  STREAM_SESSION: DurableObjectNamespace
  EVENTS: Queue<PbEvent>
  /** JSON: an array of `ChainConfig`. */
  CHAINS: string
  /** Signs claims and refunds; holds no money. Private keys are 32 bytes of hex. */
  RECEIVER_AUTHORIZER_KEY: string
  /** Pays the gas of our own settlement. */
  GAS_KEY: string
  /** Pays the gas of what facilitator callers ask for. */
  FACILITATOR_GAS_KEY: string
  /** Pays the gas of changes of session keys that owners ask for; without it none is relayed. */
  RELAY_GAS_KEY?: string
  /** Freezes session keys that name its address as their freezer; holds no money. */
  FREEZER_KEY?: string
  /** Bearer key of facilitator callers; without it, and unless open, nobody is let in. */
  FACILITATOR_API_KEY?: string
  /** `true` on one's own machine only. */
  FACILITATOR_OPEN?: string
  /** Atomic units below which the facilitator sponsors nothing. */
  FACILITATOR_MIN_AMOUNT?: string
  FACILITATOR_LIMIT?: RateLimit
  /** Atomic units below which a claim is left for later, unless its channel closes. `0`: none is. */
  CLAIM_MIN_AMOUNT?: string
  /** Wei of gas a day (UTC) and lane. */
  DAILY_GAS_WEI?: string
  FACILITATOR_DAILY_GAS_WEI?: string
  RELAY_DAILY_GAS_WEI?: string
  /** Wei of ether below which a lane's signer is reported as running out. */
  LOW_GAS_WEI?: string
}

const address = z.custom<Address>(isAddress, 'not an address').transform((value) => lower(value))
const decimal = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/)
  .transform((text) => BigInt(text))

const chainSchema = z
  .object({
    chainId: z.number().int().positive(),
    /** CAIP-2, `eip155:84532`. */
    network: z.string().regex(/^eip155:[1-9][0-9]*$/),
    /** x402's contract and its EIP-3009 collector. */
    contract: address,
    collector: address,
    /** Our escrow, where it is deployed. */
    escrow: address.optional(),
    token: address,
    tokenName: z.string().min(1),
    tokenVersion: z.string().min(1),
    /** Seconds. */
    withdrawDelay: z.number().int(),
    maxTimeoutSeconds: z.number().int().positive(),
    /** May hold a key: never logged. */
    rpcUrl: z.url(),
    /** Depth at which a transaction is final; 1 = the newest block. */
    confirmations: z.number().int().min(1),
    /** Milliseconds between looks at transactions under way. */
    pollMs: z.number().int().min(10).default(1_000),
    rebroadcastMs: z.number().int().min(0).default(5_000),
    /** Milliseconds without a block until a fee is raised. */
    stallMs: z.number().int().min(0).default(20_000),
    /** Milliseconds between looks of the chain watcher. */
    watchMs: z.number().int().min(10).max(15_000).default(10_000),
    rpcTimeoutMs: z.number().int().min(10).default(10_000),
    /** Wei per gas that no transaction goes above. */
    maxFeePerGas: decimal.default(500_000_000_000n),
    /** Wei per gas above which small young claims wait for a better price; 0: none does. */
    calmFeePerGas: decimal.default(0n),
    /** Atomic units of the token that an ether is worth, to weigh claims against their gas; 0: they are not weighed. */
    etherPrice: decimal.default(0n),
    /** Gas that one claim transaction may take by our own estimate; with the lane's margin it must fit a transaction. */
    maxBatchGas: z.number().int().min(200_000).max(13_000_000).default(10_000_000),
    /** Atomic units below which a deposit is not sponsored. */
    minDeposit: decimal.default(0n),
  })
  .refine(({ contract, escrow }) => contract !== escrow, { path: ['escrow'] })

export type ChainConfig = z.output<typeof chainSchema>

/**
 * The chains of `CHAINS`.
 *
 * @throws Error when it is not what this Worker needs; the message names the member, not its value.
 */
export function parseChains(text: string): ChainConfig[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error('CHAINS is not JSON')
  }
  const parsed = z.array(chainSchema).safeParse(json)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new Error(`CHAINS cannot be used: ${where}`)
}

/** An amount given as a variable; `fallback` when it is absent. */
export function amountOf(text: string | undefined, fallback: bigint): bigint {
  return text === undefined || text === '' ? fallback : decimal.parse(text)
}
