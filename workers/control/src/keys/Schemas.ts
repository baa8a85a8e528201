/** What the operations on session keys take and answer. */
import { MAX_PAYEES } from '@pbstream/core/SessionKey'
import { MAX_ROUTES } from '@pbstream/core/Policy'
import { pageQuery } from '../api/Page.ts'
import { address, amount, bytes32, chainId, hex, mode, name, orNull, seconds, text, time, z } from '../api/Parts.ts'
import { MoneyBreaker } from '../sentinel/MoneyBreaker.ts'
import { Stop } from '../sentinel/StopSchemas.ts'
import { MAX_GRACE_S } from './Rotate.ts'

const STATUSES = ['draft', 'active', 'freezing', 'frozen', 'revoked', 'rotated', 'expired'] as const
const kind = z.enum(['canonical', 'escrow']).openapi({
  description:
    'Which contract of the chain holds the channels of the key. In the escrow the chain enforces limits too.',
})

const unique = (list: readonly string[]) => new Set(list).size === list.length
const payees = z.array(address).min(1).max(MAX_PAYEES).refine(unique, 'each payee once')
const routes = z
  .array(text(256))
  .max(MAX_ROUTES)
  .refine(unique, 'each route once')
  .nullable()
  .openapi({ description: 'Ids of the only routes that the key may pay; null: any.' })

/** Terms with which a new key may differ from the one that it replaces. */
const terms = {
  payees: payees.optional(),
  spendCap: amount.optional().openapi({ description: 'The most that the key may ever spend.' }),
  periodAmount: amount.optional().openapi({ description: 'The most in a period; 0 exactly if periodDuration is.' }),
  periodDuration: seconds.optional().openapi({ description: 'Seconds; periods are counted from `start`.' }),
  perPaymentMax: amount.optional().openapi({ description: 'The most for one payment; 0: no limit.' }),
  start: seconds.optional().openapi({ description: 'Unix seconds; now if left out.' }),
  expiry: seconds.optional().openapi({ description: 'Unix seconds.' }),
  freezer: orNull(address).optional().openapi({
    description: 'Who besides the account may freeze the key on chain; left out: this service; null: nobody.',
  }),
  salt: bytes32.optional(),
}

const maker = {
  key: address
    .optional()
    .openapi({ description: 'The address of a key that you made. Preferred: its secret stays with you.' }),
  make: z.literal('service').optional().openapi({ description: 'Have a key made here; its secret is shown once.' }),
}

const oneMaker = ({ key, make }: { key?: string | undefined; make?: string | undefined }) =>
  (key === undefined) !== (make === undefined)
const ONE_MAKER = { message: 'either key or make', path: ['key'] }

export const NewSessionKey = z
  .strictObject({
    ...maker,
    ...terms,
    name,
    chainId,
    contract: kind,
    payees,
    spendCap: amount,
    expiry: seconds,
    routes: routes.optional(),
  })
  .refine(oneMaker, ONE_MAKER)
  .openapi('NewSessionKey')

export const Rotation = z
  .strictObject({
    ...maker,
    ...terms,
    name: name.optional(),
    routes: routes.optional(),
    expectedUsage: amount.openapi({
      description: 'The rotation is refused when more than this was used or deposited.',
    }),
    graceSeconds: z.number().int().min(0).max(MAX_GRACE_S).optional().openapi({
      description: 'How long the old key goes on serving; 60 if left out. In the escrow it is given when registering.',
    }),
  })
  .refine(oneMaker, ONE_MAKER)
  .openapi('SessionKeyRotation')

export const EditSessionKey = z
  .strictObject({
    name: name.optional(),
    routes: routes.optional(),
    payees: payees.optional(),
    spendCap: amount.optional(),
    periodAmount: amount.optional(),
    periodDuration: seconds.optional(),
    perPaymentMax: amount.optional(),
    expiry: seconds.optional(),
  })
  .refine((edit) => Object.values(edit).some((value) => value !== undefined), 'nothing to change')
  .openapi('EditSessionKey')

const version = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1)

export const Registration = z
  .strictObject({
    signature: hex,
    deadline: seconds,
    version: version.optional().openapi({ description: 'Of a rotation: the version on chain of the old key.' }),
    maxUsage: amount.optional().openapi({ description: 'Of a rotation: as it was signed.' }),
    graceSeconds: z.number().int().min(0).max(MAX_GRACE_S).optional(),
  })
  .openapi('SessionKeyRegistration')

/** A freeze, unfreeze or revocation: on chain too, if the wallet signed it. */
export const OnChainChange = z
  .strictObject({
    onChain: z.strictObject({ signature: hex, deadline: seconds, version }).optional().openapi({
      description: 'The account’s signature over the typed data of `/signing-request`; relayed at no cost for you.',
    }),
  })
  .openapi('SessionKeyChange')

/** Beside what stops a key of its own, what rules have stopped: the platform's and the owner's. */
export const Unfreezing = OnChainChange.extend({
  reason: text(500).optional().openapi({ description: 'Why what rules have stopped goes on; for the audit.' }),
  snoozeSeconds: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400)
    .optional()
    .openapi({ description: 'So long those rules do not act on this key; 3,600 if left out, 0: at once again.' }),
}).openapi('SessionKeyUnfreezing')

export const Deposit = z
  .strictObject({
    receiver: address,
    receiverAuthorizer: address,
    withdrawDelay: seconds,
    amount,
    authorization: z.strictObject({ validAfter: amount, validBefore: amount, salt: bytes32, signature: hex }),
  })
  .openapi('SessionKeyDeposit')

export const Deposited = z
  .object({
    status: z.enum(['done', 'pending']),
    channelId: z.string(),
    transaction: z.string().nullable(),
  })
  .openapi('SessionKeyDeposited')

export const listQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(STATUSES).optional(),
  chainId: z
    .string()
    .regex(/^[1-9][0-9]{0,15}$/)
    .transform(Number)
    .refine(Number.isSafeInteger, 'too large')
    .optional()
    .openapi({ type: 'integer' }),
})

export const signingQuery = z.strictObject({
  action: z.enum(['register', 'freeze', 'unfreeze', 'revoke']),
  deadline: z
    .string()
    .regex(/^[0-9]{1,12}$/)
    .transform(Number)
    .refine((at) => at < 2 ** 40, 'too large')
    .optional()
    .openapi({ type: 'integer', description: 'Unix seconds; in an hour if left out.' }),
})

export const TypedData = z
  .object({
    domain: z.record(z.string(), z.unknown()),
    types: z.record(z.string(), z.unknown()),
    primaryType: z.string(),
    message: z.record(z.string(), z.unknown()),
  })
  .openapi('TypedData')

export const SessionKey = z
  .object({
    id: z.string().openapi({ example: 'sk_0123456789abcdefghjkmnpq' }),
    mode,
    name: z.string(),
    chainId,
    contract: kind,
    contractAddress: z.string(),
    account: z.string(),
    key: z.string(),
    token: z.string(),
    status: z.enum(STATUSES),
    version: z.number().int().openapi({ description: 'Rises with every change; receipts name it. Also the ETag.' }),
    payees: z.array(z.string()),
    spendCap: z.string(),
    periodAmount: z.string(),
    periodDuration: z.number().int(),
    perPaymentMax: z.string(),
    start: z.number().int(),
    expiry: z.number().int(),
    routes: z.array(z.string()).nullable(),
    keyId: z
      .string()
      .nullable()
      .openapi({ description: 'In the escrow: the salt of the channels that the key governs.' }),
    registration: z.enum(['none', 'pending', 'registered']),
    freezer: z.string(),
    salt: z.string(),
    madeBy: z.enum(['client', 'service']),
    replaces: z.string().nullable(),
    replacedBy: z.string().nullable(),
    graceUntil: time.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('SessionKey')

const Usage = z
  .object({
    spent: z.string(),
    reserved: z.string().openapi({ description: 'Held for requests that are being served.' }),
    left: z.string(),
    inFlight: z.number().int(),
    window: z
      .object({ start: z.number().int(), end: z.number().int(), spent: z.string(), left: z.string() })
      .nullable()
      .openapi({ description: 'The period of now; null where there are none.' }),
  })
  .openapi('SessionKeyUsage')

const OnChain = z
  .object({
    version: z.number().int().openapi({ description: 'Of the chain: the next signed form names it.' }),
    usage: z.string().openapi({ description: 'Deposits less refunds and withdrawals.' }),
    spendCap: z.string(),
    frozenAt: z.number().int(),
    revokedAt: z.number().int(),
    stoppedAt: z.number().int(),
  })
  .openapi('SessionKeyOnChain')

/** `usage` and `onChain` are null when object or chain could not be asked, or have nothing to say. */
export const SessionKeyDetail = SessionKey.extend({
  usage: orNull(Usage),
  onChain: orNull(OnChain),
  stops: z.array(Stop).nullable().openapi({
    description: 'Stops of rules that hold; null where the object could not be asked.',
  }),
  breakers: z.array(MoneyBreaker).nullable().openapi({
    description: 'Budgets of the key; null where the object could not be asked.',
  }),
  payeeDelays: z.array(z.object({ payee: z.string(), withdrawDelay: z.number().int().nullable() })).openapi({
    description:
      'What a channel toward a payee must have as withdrawDelay, in seconds, for its calls to be paid from it; null: that of the chain. Payees that sell nothing here are left out.',
  }),
}).openapi('SessionKeyDetail')

export const MadeSessionKey = SessionKey.extend({
  secret: z.string().nullable().openapi({
    description: 'With `make`: the private key, shown this once; null when the request is repeated.',
  }),
  sign: orNull(TypedData).openapi({ description: 'In the escrow: what the account signs, for `/register`.' }),
}).openapi('MadeSessionKey')
