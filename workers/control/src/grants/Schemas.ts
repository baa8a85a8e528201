/** What the operations on grants take and answer. */
import { MAX_ROUTES } from '@pbstream/core/Policy'
import { MAX_PAYEES } from '@pbstream/core/SessionKey'
import {
  address,
  amount,
  bytes32,
  chainId,
  gateway,
  hex,
  idParam,
  mode,
  name,
  seconds,
  text,
  time,
  z,
} from '../api/Parts.ts'
import { SessionKey, SessionKeyDetail } from '../keys/Schemas.ts'

export const TAGS = ['Grants']

const unique = (list: readonly string[]) => new Set(list).size === list.length

/** Every member as it was signed. */
const Permission = z
  .strictObject({
    account: address,
    key: address,
    token: address,
    payees: z.array(address).min(1).max(MAX_PAYEES),
    spendCap: amount,
    periodAmount: amount,
    periodDuration: seconds,
    perPaymentMax: amount,
    start: seconds,
    expiry: seconds,
    freezer: address,
    salt: bytes32,
  })
  .openapi('Permission')

export const NewGrant = z
  .strictObject({
    name,
    chainId,
    permission: Permission,
    routes: z
      .array(text(256))
      .max(MAX_ROUTES)
      .refine(unique, 'each route once')
      .nullable()
      .openapi({ description: 'Ids of the only routes that the key may pay; null: any of its payees.' }),
    deadline: seconds,
    signature: hex.openapi({ description: 'Of `RegisterKey`, by the account of the permission: an EOA, or ERC-1271.' }),
  })
  .openapi('NewGrant')

export const MadeGrant = z
  .object({
    id: z.string().openapi({ example: 'sk_0123456789abcdefghjkmnpq' }),
    token: z.string().openapi({ description: 'Reads this key, and changes nothing. Keep it where the key is kept.' }),
    expiresAt: time.openapi({ description: 'When the token ends.' }),
  })
  .openapi('MadeGrant')

const Receipt = z.object({
  id: z.string(),
  at: time,
  price: z.string(),
  asset: z.string().nullable(),
  route: z.string().nullable(),
  path: z.string().nullable(),
  service: z.string().nullable().openapi({ description: 'The name of the provider.' }),
  status: z.enum(['unsettled', 'claimed', 'settled']),
})

export const SignedReceipt = z
  .object({
    id: z.string(),
    jws: z.string().nullable().openapi({
      description: 'As the gateway signed it. It is kept for requests with an id, for 24 hours; null: it is not there.',
    }),
  })
  .openapi('GrantReceipt')

export const receiptParams = idParam.extend({
  payment: z.string().openapi({ param: { name: 'payment', in: 'path' } }),
})

export const Grant = SessionKey.extend({
  usage: SessionKeyDetail.shape.usage,
  onChain: SessionKeyDetail.shape.onChain,
  receipts: z.array(Receipt).openapi({ description: 'The 20 newest.' }),
  expiresAt: time.openapi({ description: 'When the token ends.' }),
}).openapi('Grant')

export const actionQuery = z.strictObject({ action: z.enum(['freeze', 'unfreeze', 'revoke']) })

export const GrantChange = z
  .strictObject({
    signature: hex,
    deadline: seconds,
    version: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  })
  .openapi('GrantChange')

export const ChangedGrant = z.object({ id: z.string(), status: SessionKey.shape.status }).openapi('ChangedGrant')

export const termsQuery = z.strictObject({
  chainId: z
    .string()
    .regex(/^[1-9][0-9]{0,15}$/)
    .transform(Number)
    .refine(Number.isSafeInteger, 'too large')
    .optional()
    .openapi({ type: 'integer' }),
})

const Token = z.object({
  address: z.string(),
  symbol: z.string(),
  decimals: z.number().int(),
  name: z.string().nullable().openapi({ description: 'Of its EIP-712 domain.' }),
  version: z.string().nullable(),
})

export const Terms = z
  .object({
    now: z.number().int().openapi({ description: 'Unix seconds: what `start` and `deadline` are held against.' }),
    gateway,
    chains: z.array(
      z.object({
        chainId: z.number().int(),
        mode,
        testnet: z.boolean(),
        contract: z.string().openapi({ description: 'The official contract of x402.' }),
        escrow: z.string().nullable().openapi({ description: 'Where keys are granted; null: nowhere on this chain.' }),
        freezer: z
          .string()
          .nullable()
          .openapi({ description: 'Who may freeze a key that names it, besides its account.' }),
        receiverAuthorizer: z.string().nullable().openapi({ description: 'Whom a channel has to name as such.' }),
        collector: z.string().nullable().openapi({ description: 'Of deposits into the official contract.' }),
        withdrawDelay: z
          .number()
          .int()
          .nullable()
          .openapi({ description: 'Seconds, of channels unless providers say more.' }),
        tokens: z.array(Token),
        token: Token.openapi({ description: 'The first of them.' }),
      }),
    ),
  })
  .openapi('GrantTerms')
