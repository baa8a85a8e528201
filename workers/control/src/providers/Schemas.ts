/** What the API shows of providers, and takes. */
import * as Rate from '@pbstream/core/Rate'
import * as Usage from '@pbstream/core/Usage'
import type { ProviderRow } from '@pbstream/db/Providers'
import type { DrainRow, Preview } from '@pbstream/db/ProvidersDrain'
import type { CardRow, RouteRow, Standing as FullStanding } from '@pbstream/db/RateCards'
import { address, amount, chainId, mode, name, orNull, text, time, z } from '../api/Parts.ts'

type Standing = Pick<FullStanding, 'version' | 'coming'>

/** Of the contracts: 15 minutes to 30 days. */
const MIN_DELAY = 900
const MAX_DELAY = 2_592_000

const withdrawDelay = z.number().int().min(MIN_DELAY).max(MAX_DELAY).nullable().openapi({
  description: 'Seconds that a payer who withdraws has to wait; null: the default of the chain.',
})
const settlement = z
  .strictObject({
    amount: orNull(
      amount.refine(
        (value) => /^[0-9]+$/.test(value) && BigInt(value) >= 1_000_000n && BigInt(value) <= 1_000_000_000n,
        'from 1000000 to 1000000000',
      ),
    ).openapi({ description: 'Unclaimed atomic units at which a channel is settled; null: as the deployment says.' }),
    ageMs: z.number().int().min(600_000).max(86_400_000).nullable().openapi({
      description: 'Age of the oldest unclaimed charge at which it is; never above a quarter of the withdraw delay.',
    }),
  })
  .openapi('SettlementPolicy')

export const NewProvider = z
  .strictObject({
    name,
    payTo: address.openapi({ description: 'Who is paid. Another address than your own needs your signature.' }),
    withdrawDelay: withdrawDelay.optional(),
    settlement: settlement.optional(),
  })
  .openapi('NewProvider')

export const ProviderPatch = z
  .strictObject({
    name: name.optional(),
    enabled: z.boolean().optional().openapi({ description: 'False switches off all its routes.' }),
    withdrawDelay: withdrawDelay.optional(),
    settlement: settlement.optional(),
    confirmDrain: z.boolean().optional().openapi({ description: 'Needed where the change closes channels.' }),
  })
  .openapi('ProviderPatch')

export const PayoutChange = z
  .strictObject({ payTo: address, confirmDrain: z.boolean().optional() })
  .openapi('PayoutChange')

const counted = z
  .object({
    channels: z.number().int(),
    toPay: z.string().openapi({ description: 'Atomic units that are settled to the receiver.' }),
    toReturn: z.string().openapi({ description: 'Atomic units that go back to payers.' }),
    whole: z.boolean().openapi({ description: 'False: there are more channels than were counted.' }),
  })
  .openapi('DrainPreview')

export const Provider = z
  .object({
    id: z.string().openapi({ example: 'prov_0123456789abcdefghjkmnpq' }),
    mode,
    name: z.string(),
    enabled: z.boolean(),
    payTo: z.string(),
    pendingPayout: z.object({ payTo: z.string(), takesEffectAt: time }).nullable(),
    withdrawDelay: z.number().int().nullable(),
    settlement: z.object({ amount: z.string().nullable(), ageMs: z.number().int().nullable() }),
    revision: z.number().int(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Provider')

export const ProviderWithDrain = Provider.extend({
  drain: orNull(counted).openapi({ description: 'What the change closes, or will close when it takes effect.' }),
}).openapi('ProviderChange')

export const Drain = z
  .object({
    id: z.string(),
    reason: z.enum(['payout', 'withdraw_delay']),
    receiver: z.string(),
    requestedAt: time,
    finishedAt: time.nullable(),
    open: z.number().int().openapi({ description: 'Channels that were not empty in the last round.' }),
    closed: z.number().int(),
  })
  .openapi('Drain')

const origin = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('url'), url: z.string().min(1).max(2048) }),
    z.strictObject({ kind: z.literal('service'), binding: z.string().regex(/^UPSTREAM_[A-Z0-9_]{1,64}$/) }),
    z.strictObject({ kind: z.literal('zone') }),
  ])
  .openapi('Origin')

/** Names of headers that the gateway or the transport sets itself. */
const OWN_HEADER =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|date|via|forwarded|content-.*|accept-encoding|proxy-.*|payment-.*|pbstream-.*|x-payment.*|x-forwarded-.*|x-real-ip|cf-.*|sec-.*)$/

const credential = z
  .strictObject({
    header: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/)
      .transform((value) => value.toLowerCase())
      .refine((value) => !OWN_HEADER.test(value), 'this header is set by the gateway itself'),
    value: z
      .string()
      .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/)
      .openapi({ description: 'Sealed at once; no answer ever shows it.' }),
  })
  .openapi('UpstreamCredential')

const routeFields = {
  methods: z
    .array(z.string().regex(/^(?:\*|[A-Z]{1,20})$/))
    .min(1)
    .max(20)
    .refine((methods) => new Set(methods).size === methods.length, 'each method once'),
  path: text(512).openapi({ description: 'Exact, or a prefix that ends in /*.', example: '/acme/v1/*' }),
  origin,
  chainIds: z
    .array(chainId)
    .max(20)
    .refine((ids) => new Set(ids).size === ids.length, 'each chain once'),
  bodyPriced: z.boolean(),
  maxBodyBytes: z.number().int().min(0).max(100_000_000),
  chargeOnAbandon: z.boolean(),
  adapter: z
    .string()
    .max(200)
    .refine((value) => Usage.parseAdapter(value) !== undefined, 'not an adapter: see docs/metering.md')
    .nullable()
    .openapi({
      description:
        'How usage is read; null and pbstream-usage: the header or trailer PBStream-Usage. See docs/metering.md.',
      example: 'openai',
    }),
  enabled: z.boolean(),
}
const { path: routePath, origin: routeOrigin, ...others } = routeFields
const optional = Object.fromEntries(
  Object.entries(others).map(([key, schema]) => [key, schema.optional()]),
) as unknown as { [K in keyof typeof others]: z.ZodOptional<(typeof others)[K]> }

export const NewRoute = z
  .strictObject({
    providerId: z.string().min(1).max(64),
    path: routePath,
    origin: routeOrigin,
    ...optional,
    credential: credential.optional(),
    rate: Rate.schema.nullable().openapi({ description: 'The first rate card; null makes the route free.' }),
  })
  .openapi('NewRoute')

export const RoutePatch = z
  .strictObject({
    path: routePath.optional(),
    origin: routeOrigin.optional(),
    ...optional,
    credential: orNull(credential).optional(),
  })
  .openapi('RoutePatch')

export const Route = z
  .object({
    id: z.string().openapi({ example: 'route_0123456789abcdefghjkmnpq' }),
    providerId: z.string(),
    methods: z.array(z.string()),
    path: z.string(),
    origin,
    chainIds: z.array(z.number().int()),
    bodyPriced: z.boolean(),
    maxBodyBytes: z.number().int(),
    chargeOnAbandon: z.boolean(),
    adapter: z.string().nullable(),
    credential: z.object({ header: z.string() }).nullable(),
    audience: z.string().openapi({ description: 'The `aud` of the tokens that the upstream gets.' }),
    enabled: z.boolean(),
    rateVersion: z.number().int().nullable().openapi({ description: 'Of the card in force; null: free.' }),
    comingVersions: z.array(z.number().int()).openapi({ description: 'Cards whose time has not come, in order.' }),
    revision: z.number().int(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Route')

export const NewRateCard = z
  .strictObject({
    rule: Rate.schema.nullable().openapi({ description: 'Null makes the route free.' }),
    effectiveAt: time.optional().openapi({
      description:
        'From when on it is in force, within 366 days; now if left out. Every gateway takes it up at that time.',
    }),
  })
  .openapi('NewRateCard')

export const RateCard = z
  .object({
    routeId: z.string(),
    version: z.number().int(),
    rule: Rate.schema,
    effectiveAt: time,
    withdrawnAt: time.nullable().openapi({ description: 'When it was taken back, before its time.' }),
    createdAt: time,
  })
  .openapi('RateCard')

export const Published = z
  .object({ routeId: z.string(), revision: z.number().int(), rateCard: orNull(RateCard) })
  .openapi('PublishedRateCard')

export function showProvider(row: ProviderRow): z.infer<typeof Provider> {
  const { id, mode: in_, name: called, enabled, payTo, revision, createdAt, updatedAt } = row
  return {
    id,
    mode: in_,
    name: called,
    enabled,
    payTo,
    pendingPayout:
      row.pendingPayTo === null || row.pendingPayToAt === null
        ? null
        : { payTo: row.pendingPayTo, takesEffectAt: row.pendingPayToAt.toISOString() },
    withdrawDelay: row.withdrawDelay,
    settlement: { amount: row.settleAmount, ageMs: row.settleAgeMs },
    revision,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

export function showChange(row: ProviderRow, drain: Preview | null): z.infer<typeof ProviderWithDrain> {
  return { ...showProvider(row), drain }
}

export function showDrain({ id, reason, receiver, requestedAt, finishedAt, open, closed }: DrainRow) {
  const finished = finishedAt?.toISOString() ?? null
  return { id, reason, receiver, requestedAt: requestedAt.toISOString(), finishedAt: finished, open, closed }
}

export function showRoute(row: RouteRow, standing: Standing): z.infer<typeof Route> {
  const { credentialHeader, credentialSealed: _, rateAt: _at, createdAt, updatedAt, ...shown } = row
  return {
    ...shown,
    rateVersion: standing.version,
    comingVersions: standing.coming.map(({ version }) => version),
    credential: credentialHeader === null ? null : { header: credentialHeader },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

export function showCard(card: CardRow): z.infer<typeof RateCard> {
  const { routeId, version, rule, effectiveAt, withdrawnAt, createdAt } = card
  return {
    ...{ routeId, version, rule, effectiveAt: effectiveAt.toISOString() },
    ...{ withdrawnAt: withdrawnAt?.toISOString() ?? null, createdAt: createdAt.toISOString() },
  }
}
