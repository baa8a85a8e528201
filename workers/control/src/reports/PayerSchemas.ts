/** Charges, channels and usage as payers see them. Amounts are decimal strings of atomic units of the token. */
import { pageQuery } from '../api/Page.ts'
import { text, time, z } from '../api/Parts.ts'
import { fromQuery, keyQuery, toQuery } from './Payer.ts'

const key = {
  session: z
    .string()
    .openapi({ description: 'The session of the key: chain, contract, payer and address of the key.' }),
  keyId: z.string().nullable().openapi({ description: 'The id of the key; null: you do not manage it here.' }),
  keyName: z.string().nullable(),
}
const place = {
  chainId: z.number().int(),
  contract: z.string(),
  kind: z.enum(['escrow', 'canonical', 'other']).openapi({
    description: '`escrow` holds keys to their permission on chain; `canonical` is the contract of x402.',
  }),
}

const payment = {
  id: z.string(),
  at: time,
  seq: z.number().int().openapi({ description: 'Its place in the journal of the session.' }),
  ...key,
  ...place,
  channel: z.string(),
  token: z.string().nullable(),
  provider: z.string().nullable(),
  service: z.string().nullable().openapi({ description: 'The name of the provider.' }),
  route: z.string().nullable(),
  path: z.string().nullable().openapi({ description: 'The path of the route at the gateway.' }),
  price: z.string().openapi({ description: 'What was charged; 0 where an allowance paid.' }),
  cumulative: z.string().nullable().openapi({ description: 'All that is charged on the channel, this included.' }),
  rateVersion: z.number().int().nullable(),
  requestId: z.string().nullable(),
  status: z.enum(['unsettled', 'claimed', 'settled']).openapi({
    description: '`claimed`: recorded on chain. `settled`: paid to the receiver.',
  }),
  transaction: z.string().nullable().openapi({
    description: 'That paid the receiver, or else recorded the charge; null while there is none, or none is known.',
  }),
}

export const PaidCharge = z.object(payment).openapi('PaidCharge')

const moved = z.object({ transaction: z.string().nullable(), at: time }).nullable()

export const PaidChargeDetail = z
  .object({
    ...payment,
    network: z.string().openapi({ description: 'CAIP-2.' }),
    payer: z.string(),
    key: z.string().openapi({ description: 'The address of the key.' }),
    receiver: z.string().nullable(),
    reservationId: z.string().nullable().openapi({ description: '`jti` of the receipt.' }),
    usage: z
      .record(z.string(), z.string())
      .nullable()
      .openapi({ description: 'What a metered charge is the price of.' }),
    claim: moved,
    payout: moved,
    receipt: z.string().nullable().openapi({
      description: 'The signed receipt. It is kept for requests with an id, for 24 hours; callers keep their own.',
    }),
  })
  .openapi('PaidChargeDetail')

export const paymentsQuery = z.strictObject({
  ...pageQuery,
  key: keyQuery,
  route: text(64).optional(),
  provider: text(64).optional(),
  from: fromQuery,
  to: toQuery,
})

const config = z.object({
  payer: z.string(),
  payerAuthorizer: z.string(),
  receiver: z.string(),
  receiverAuthorizer: z.string(),
  token: z.string(),
  withdrawDelay: z.number().int().openapi({ description: 'Seconds.' }),
  salt: z.string(),
})

const withdrawal = z.object({
  amount: z.string().nullable().openapi({ description: 'null: the chain could not be asked, or is not sure yet.' }),
  requestedAt: time,
  availableAt: time.openapi({ description: 'From then on `finalizeWithdraw` pays it out.' }),
  lapsesAt: time.nullable().openapi({ description: 'In the escrow: it has to be finalised before.' }),
})

export const PayerChannel = z
  .object({
    id: z.string(),
    ...key,
    key: z.string().openapi({ description: 'The address of the key.' }),
    ...place,
    receiver: z.string(),
    token: z.string(),
    config: config.nullable().openapi({
      description: 'What `initiateWithdraw` and `finalizeWithdraw` take. null while the session does not answer.',
    }),
    deposited: z.string(),
    provisional: z.string().openapi({ description: 'Deposits that are not yet final.' }),
    returned: z.string().openapi({ description: 'Refunded and withdrawn.' }),
    spent: z.string(),
    claimed: z.string(),
    settled: z.string(),
    lost: z.string(),
    held: z.string().nullable().openapi({ description: 'For requests that are being served; null: not known now.' }),
    free: z.string().nullable().openapi({ description: 'Neither spent nor held.' }),
    pendingWithdrawal: withdrawal.nullable(),
    closed: z.boolean().openapi({
      description: 'Nothing is left in it but what is recorded for the receiver. A deposit opens it again.',
    }),
    live: z.boolean().openapi({ description: 'Told by the session now; otherwise as it was last projected.' }),
  })
  .openapi('PayerChannel')

/** Each channel of a page is asked for in its session. */
const CHANNELS_MAX = 20

export const channelsQuery = z.strictObject({
  ...pageQuery,
  limit: z
    .string()
    .regex(/^[1-9][0-9]?$/)
    .transform(Number)
    .refine((limit) => limit <= CHANNELS_MAX, `at most ${CHANNELS_MAX}`)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: CHANNELS_MAX, description: 'How many at most; 20 if left out.' }),
  key: keyQuery,
})

const sum = { spent: z.string(), payments: z.number().int().openapi({ description: 'How many charges.' }) }
const group = z.string().nullable().openapi({
  description:
    'The id of a key (its session where you do not manage it) or of a provider. null: all; the groups that are not listed; or what has none.',
})

export const PayerUsage = z
  .object({
    from: time,
    to: time,
    step: z.enum(['hour', 'day']),
    by: z.enum(['total', 'key', 'service']),
    total: z.object(sum),
    groups: z
      .array(z.object({ group, label: z.string().nullable(), ...sum }))
      .openapi({ description: 'Those that most was spent by, or on.' }),
    points: z
      .array(z.object({ at: time.openapi({ description: 'When the step begins, in UTC.' }), group, ...sum }))
      .openapi({ description: 'Steps in which something was charged, oldest first.' }),
  })
  .openapi('PayerUsage')

export const usageQuery = z.strictObject({
  from: z.iso
    .datetime()
    .optional()
    .openapi({ description: 'From this time on; 7 days ago by hour, 30 by day, if left out.' }),
  to: z.iso.datetime().optional().openapi({ description: 'Before this time; now if left out.' }),
  step: z
    .enum(['hour', 'day'])
    .optional()
    .openapi({ description: '`day` if left out. 31 days at most by hour, 366 by day.' }),
  by: z.enum(['total', 'key', 'service']).optional().openapi({ description: '`total` if left out.' }),
  key: keyQuery,
})
