/** What callers see and say of alert channels. Seconds here, milliseconds in rows. */
import { severities } from '@pbstream/core/Rule'
import { alertStatuses, channelKinds, languages } from '@pbstream/core/message/AlertChannels'
import { name, time, z } from '../api/Parts.ts'

const DAY = 86_400

const severity = z.enum(severities)
const seconds = (min: number, max: number) => z.number().int().min(min).max(max)
const clock = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/)
  .openapi({ example: '22:00' })

/** A bot's token as Telegram gives it out. */
const token = z
  .string()
  .regex(/^[1-9][0-9]{4,19}:[A-Za-z0-9_-]{30,64}$/, 'not a token of a bot')
  .openapi({ description: 'Of your bot, from @BotFather. Sealed, and never shown again.' })

const chat = z
  .string()
  .regex(/^(?:-?[1-9][0-9]{0,15}|@[A-Za-z][A-Za-z0-9_]{4,31})$/, 'the number of a chat, or @name of a channel')
  .openapi({ example: '-1001234567890' })

/** One address of plain ASCII, nothing that a header or a command of SMTP could be made of. */
const email = z
  .string()
  .max(254)
  .regex(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/)
  .refine((value) => !/^\.|\.@|\.\./.test(value), 'not an address')
  .openapi({ example: 'ops@example.com' })

const url = z.string().min(1).max(2048).openapi({
  description: 'https, a public name, port 443 or 8443, no user, query or fragment. It is called with POST.',
  example: 'https://hooks.example.com/sentinel',
})

export const NewTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('telegram'), chat, token }),
  z.strictObject({ kind: z.literal('email'), to: email }),
  z.strictObject({ kind: z.literal('webhook'), url }),
])
export type NewTarget = z.infer<typeof NewTarget>

/** Of an edit: a token that is left out stays. */
export const TargetEdit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('telegram'), chat, token: token.optional() }),
  z.strictObject({ kind: z.literal('email'), to: email }),
  z.strictObject({ kind: z.literal('webhook'), url }),
])
export type TargetEdit = z.infer<typeof TargetEdit>

const wishes = {
  from: severity.optional().openapi({ description: 'Below it nothing is told; `medium` if left out.' }),
  groupSeconds: seconds(0, 3_600).optional().openapi({
    description:
      'A group (a rule and a key, say) is told so long after its first alert, with all that came meanwhile; 30.',
  }),
  digest: z
    .strictObject({ below: severity, everySeconds: seconds(60, DAY) })
    .nullable()
    .optional()
    .openapi({ description: 'Below this severity things are told together, so often; null, if left out: not.' }),
  limit: z
    .strictObject({ messages: z.number().int().min(1).max(60), perSeconds: seconds(60, DAY) })
    .optional()
    .openapi({ description: 'So many messages in so long, of more the rest waits; 20 in 3,600.' }),
  quiet: z
    .strictObject({ zone: z.string().min(1).max(64), from: clock, to: clock, but: severity })
    .nullable()
    .optional()
    .openapi({ description: 'Hours of a zone (IANA) in which only `but` and above is told; null, if left out: none.' }),
  retry: z
    .strictObject({
      tries: z.number().int().min(1).max(20),
      firstSeconds: seconds(1, 3_600),
      longestSeconds: seconds(1, DAY),
    })
    .refine(({ firstSeconds, longestSeconds }) => firstSeconds <= longestSeconds, 'the first wait is the shortest')
    .optional()
    .openapi({
      description: 'Waits double from the first to the longest; after so many tries a message is dead. 8, 10, 3,600.',
    }),
}
const language = z.enum(languages)

export const NewChannel = z
  .strictObject({ name, target: NewTarget, ...wishes, language: language.optional() })
  .openapi('NewAlertChannel')

export const ChannelEdit = z
  .strictObject({
    name: name.optional(),
    target: TargetEdit.optional(),
    ...wishes,
    language: language.optional(),
    enabled: z.boolean().optional(),
  })
  .refine((edit) => Object.values(edit).some((value) => value !== undefined), 'at least one member')
  .openapi('AlertChannelEdit')
export type ChannelEdit = z.infer<typeof ChannelEdit>

export const Channel = z
  .object({
    id: z.string().openapi({ example: 'alc_0123456789abcdefghjkmnpq' }),
    scope: z.string().openapi({ description: '`owner`, `provider:<id>` or `platform`: whose alerts it tells.' }),
    name: z.string(),
    kind: z.enum(channelKinds),
    target: z.union([
      z.object({ kind: z.literal('telegram'), chat: z.string() }),
      z.object({ kind: z.literal('email'), to: z.string() }),
      z.object({ kind: z.literal('webhook'), url: z.string() }),
    ]),
    enabled: z.boolean(),
    confirmed: z.boolean().openapi({
      description: 'False: an e-mail address that nobody has confirmed; nothing but a code is sent there.',
    }),
    language,
    from: severity,
    groupSeconds: z.number().int(),
    digest: z.object({ below: severity, everySeconds: z.number().int() }).nullable(),
    limit: z.object({ messages: z.number().int(), perSeconds: z.number().int() }),
    quiet: z.object({ zone: z.string(), from: z.string(), to: z.string(), but: severity }).nullable(),
    retry: z.object({ tries: z.number().int(), firstSeconds: z.number().int(), longestSeconds: z.number().int() }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('AlertChannel')

const secret = z.string().nullable().openapi({
  description:
    'Of a webhook: `whsec_…` by Standard Webhooks, shown this once; null when repeated, and for other kinds.',
})
export const ChannelWithSecret = Channel.extend({ secret }).openapi('AlertChannelWithSecret')

export const Code = z
  .strictObject({ code: z.string().min(1).max(64).openapi({ example: 'k7dm2-q9xte' }) })
  .openapi('AlertChannelCode')

export const Delivery = z
  .object({
    id: z
      .number()
      .int()
      .openapi({ description: 'The number of the message on its channel: the same in every attempt.' }),
    status: z.enum(alertStatuses),
    severity,
    title: z.string(),
    count: z.number().int().openapi({ description: 'How many alerts it tells of.' }),
    isTest: z.boolean(),
    tries: z.number().int(),
    code: z.number().int().nullable().openapi({ description: 'Of the last answer: HTTP or SMTP.' }),
    error: z.string().nullable().openapi({ description: 'Why the last attempt did not arrive.' }),
    createdAt: time,
    updatedAt: time,
    nextAt: time.nullable(),
  })
  .openapi('AlertDelivery')
