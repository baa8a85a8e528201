/** `pbstream price`. */
import * as Challenge from '@pbstream/core/Challenge'
import * as Rate from '@pbstream/core/Rate'
import type { Explanation } from '@pbstream/core/rate/Explanation'
import { toTerms } from '@pbstream/core/rate/Claims'
import { usdc } from './Cost.ts'
import { Failure, UsageError } from './Failure.ts'
import * as HttpOptions from './HttpOptions.ts'
import * as Options from './Options.ts'
import { type Screen, show, time } from './Screen.ts'
import { answered, asker } from './validate/Ask.ts'
import { plain } from './validate/Checks.ts'
import { isObject } from './validate/Offers.ts'
import { claimsOf, type ReadJson } from './validate/Ours.ts'
import { cardUrl, KEYS_PATH, type PublishedCard } from './verify/Published.ts'
import { type QuoteVerdict, verifyQuote } from './verify/Quote.ts'
import type { Refusal } from './verify/Verdict.ts'

export const priceHelp = `Usage: pbstream price URL [-X METHOD] [-H 'Name: value']… [-d DATA] [--use UNIT=COUNT]… [--json]

What a call would cost, and why: sends it once without paying, verifies the signed quote of the answer with the keys of
the gateway, and makes its price again from the rate card that the gateway publishes. No key is needed.

${HttpOptions.help}
  --use UNIT=COUNT   explain what this use costs, such as --use input_token=1200 --use output_token=300; seconds count in
                     milliseconds. Unless said: all that the request allows
  --timeout SECONDS  for each answer: 30
  --json             one JSON object on stdout: { url, max, verified, why, quote, card, explanation }
  --help             this text

Ends with 0 when the price verifies (or nothing has to be paid), 1 when it does not, 2 when it was called wrongly.`

const options = {
  ...HttpOptions.options,
  use: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** @throws {UsageError | Failure} */
export async function priceCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const { values, words } = Options.parseWords(args, options, 1)
  if (values.help === true) {
    screen.out(priceHelp)
    return 0
  }
  const url = Options.webUrl('Say what to ask the price of', words[0])
  const use = useOf(values.use ?? [])
  const request = await HttpOptions.request(url, values, at)
  const timeoutMs = 1_000 * Options.wholeNumber('--timeout', values.timeout ?? '30')
  if (timeoutMs === 0) throw new UsageError('--timeout is not a number of seconds above 0.')
  const seen = await asker(request, timeoutMs)()
  if (!answered(seen)) throw new Failure(`${url.host} does not answer.`)
  if (seen.status !== 402) {
    const why = `Answered ${seen.status} without asking for money.`
    show(screen, values.json, { url: url.href, max: seen.status < 400 ? '0' : null, verified: false, why }, [why])
    return seen.status < 400 ? 0 : 1
  }
  const quoted = quoteOf(seen.headers.get('payment-required'), url)
  const found = await look(quoted, reader(timeoutMs))
  const { verdict, card, max, terms } = found
  const explanation = card === undefined || !verdict.ok ? undefined : explain(card, use ?? verdict.bounds, terms)
  const why = verdict.ok ? undefined : verdict.detail
  const result = { url: url.href, max, verified: verdict.ok, why, quote: found.claims, card, explanation }
  show(screen, values.json, result, lines(found, use !== undefined, explanation))
  return verdict.ok ? 0 : 1
}

function useOf(given: readonly string[]): Record<string, string> | undefined {
  if (given.length === 0) return undefined
  return Object.fromEntries(
    given.map((text) => {
      const [, unit, count] = /^([a-z][a-z0-9_.]{0,63})=(0|[1-9][0-9]{0,28})$/.exec(text) ?? []
      if (unit === undefined || count === undefined)
        throw new UsageError('--use is not UNIT=COUNT, such as output_token=300.')
      return [unit, count]
    }),
  )
}

type Quoted = { token: string; gateway: string; offered: string | undefined }

/** The signed quote of a 402, and whose it is: a server may ask a gateway for its payments. */
function quoteOf(header: string | null, url: URL): Quoted {
  const required = Challenge.decode(header ?? '')
  const extensions = isObject(required?.extensions) ? required.extensions : {}
  const info = (name: string) => {
    const extension = extensions[name]
    return isObject(extension) && isObject(extension['info']) ? extension['info'] : {}
  }
  const token = info(Challenge.QUOTE_EXTENSION)['quote']
  if (typeof token !== 'string') {
    throw new Failure(`${url.host} asks for money and signs no quote: its price may change before it is paid.`)
  }
  const gateway = URL.parse(String(info('pbstream-session')['gateway']))?.origin ?? url.origin
  return { token, gateway, offered: required?.accepts[0]?.amount }
}

type Found = {
  verdict: QuoteVerdict | Refusal
  claims: Record<string, unknown>
  card: PublishedCard | undefined
  max: string | undefined
  terms: Rate.Terms
}

async function look({ token, gateway, offered }: Quoted, read: ReadJson): Promise<Found> {
  const claims = claimsOf(token) ?? {}
  const place = { routeId: String(claims['rt']), version: Number(claims['cv']) }
  const [keys, published] = await Promise.all([
    read(new URL(KEYS_PATH, gateway)),
    Number.isSafeInteger(place.version) ? read(new URL(cardUrl(gateway, place.routeId, place.version))) : undefined,
  ])
  const card = isObject(published) ? (published as PublishedCard) : undefined
  const verdict = await verifyQuote(token, { keys, card: card ?? { ...place, card: undefined } })
  const terms = verdict.ok && verdict.terms !== undefined ? toTerms(claimed(verdict.terms)) : { at: Date.now() }
  return { verdict, claims, card, max: verdict.ok ? verdict.max : offered, terms }
}

function claimed({ at, signals }: NonNullable<QuoteVerdict['terms']>) {
  return signals === undefined ? { at } : { at, sg: signals }
}

function explain({ card }: PublishedCard, use: Record<string, string>, terms: Rate.Terms): Explanation {
  const units = Object.fromEntries(Object.entries(use).map(([unit, count]) => [unit, BigInt(count)]))
  return Rate.explain(Rate.parse(card), { units }, terms)
}

function lines({ verdict, card, max }: Found, isAsked: boolean, explanation: Explanation | undefined): string[] {
  const most = max === undefined || !/^\d+$/.test(max) ? 'an amount that is no amount' : usdc(BigInt(max))
  if (!verdict.ok) return [`at most ${most}`, plain(`not verified: ${verdict.detail}`)]
  const { version, routeId, expiresAt, bounds, terms } = verdict
  const counts = Object.entries(bounds).map(([unit, count]) => `${unit} ${count}`)
  const signals = Object.entries(terms?.signals ?? {}).map(([name, value]) => `${name} ${value}`)
  return [
    `at most ${most}, until ${time(expiresAt)}`,
    `verified: the quote is signed, and follows from version ${version} of the card of ${routeId}`,
    ...(counts.length === 0 ? [] : [`the request allows ${counts.join(', ')}`]),
    ...(terms === undefined ? [] : [`made at ${time(Math.floor(terms.at / 1_000))}`]),
    ...(signals.length === 0 ? [] : [`signals: ${signals.join(', ')}`]),
    ...(card === undefined || explanation === undefined ? [] : told(explanation, isAsked)),
  ].map(plain)
}

/** The explanation for people. */
function told({ charge, components, formula, schedule }: Explanation, isAsked: boolean): string[] {
  const parts = components.map(({ unit, used, price, free }) => {
    const allowance = free === undefined ? '' : `, ${free.used} of them free`
    return `  ${unit}: ${used}${allowance} = ${price}`
  })
  const window =
    schedule === undefined || schedule.multiplier === '1' ? [] : [`  at this time × ${schedule.multiplier}`]
  const made =
    formula === undefined ? [] : [`  ${formula.text} = ${'result' in formula ? formula.result : formula.reason}`]
  return [`${isAsked ? 'that use' : 'all of it'} costs ${usdc(BigInt(charge))}`, ...parts, ...window, ...made]
}

/** JSON of an address of the gateway, without following anybody elsewhere. */
function reader(timeoutMs: number): ReadJson {
  return async (url) => {
    try {
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
      const value: unknown = await response.json()
      return response.ok && isObject(value) ? value : undefined
    } catch {
      return undefined
    }
  }
}
