/** `pbstream validate`. */
import { UsageError } from './Failure.ts'
import * as HttpOptions from './HttpOptions.ts'
import * as Options from './Options.ts'
import * as PayOptions from './PayOptions.ts'
import { type Screen, show } from './Screen.ts'
import { asker } from './validate/Ask.ts'
import { type Check, Checks } from './validate/Checks.ts'
import { isObject } from './validate/Offers.ts'
import { ours, type ReadJson } from './validate/Ours.ts'
import { paid } from './validate/Paid.ts'
import { unpaid } from './validate/Unpaid.ts'
import { wrongPayments } from './validate/Wrong.ts'

export const validateHelp = `Usage: pbstream validate URL [-X METHOD] [-H 'Name: value']… [-d DATA] [--json]
       pbstream validate URL --pay (--as NAME | --key-file FILE | PBSTREAM_KEY=…) [--max-price PRICE] [--rpc URL]

Looks at a server that is paid by x402, ours or anybody's, as its clients see it: the 402, its offers (x402 v2 and v1),
sizes and cache headers, what happens to payments that are wrong, and the signed quote and session mode where there are
any. It sends about eight requests, none of which pays; with --pay one more that does, whose receipt it verifies offline.

${HttpOptions.help}
  --timeout SECONDS  for each answer: 30
  --pay              also make one paid call
${PayOptions.help}
  --json             the result as JSON on stdout: { url, ok, counts, checks: [{ name, status, found, advice }] }
  --help             this text

Each check passes, warns, fails, or is skipped where there is nothing to look at. Ends with 0 when none failed, 1 when one
did, 2 when it was called wrongly.`

const options = {
  ...HttpOptions.options,
  ...PayOptions.options,
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  timeout: { type: 'string' },
  pay: { type: 'boolean' },
} as const

/** @throws {UsageError | Failure} */
export async function validateCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const { values, words } = Options.parseWords(args, options, 1)
  if (values.help === true) {
    screen.out(validateHelp)
    return 0
  }
  const url = Options.webUrl('Say what to look at', words[0])
  const request = await HttpOptions.request(url, values, at)
  const timeoutMs = 1_000 * Options.wholeNumber('--timeout', values.timeout ?? '30')
  if (timeoutMs === 0) throw new UsageError('--timeout is not a number of seconds above 0.')
  const payer = values.pay === true ? await PayOptions.payer(values, at) : undefined

  const checks = new Checks()
  const ask = asker(request, timeoutMs)
  const read = reader(timeoutMs)
  const terms = await unpaid(checks, request, ask)
  if (terms !== undefined) {
    const now = () => Math.floor(Date.now() / 1_000)
    const home = await ours(checks, terms, { url, method: request.method, now: now(), read })
    screen.note('sending wrong payments')
    await wrongPayments(checks, ask, terms, { random: (n) => crypto.getRandomValues(new Uint8Array(n)), now })
    if (payer !== undefined) {
      screen.note('paying')
      const offers = terms.required?.accepts ?? []
      await paid(checks, request, { pay: payer.fetch, offers, home, read, timeoutMs: Math.max(timeoutMs, 120_000) })
    }
  }
  const failed = checks.count('fail')
  const counts = { pass: checks.count('pass'), warn: checks.count('warn'), fail: failed, skip: checks.count('skip') }
  const result = { url: url.href, ok: failed === 0, counts, checks: checks.all }
  show(screen, values.json, result, [...checks.all.flatMap(lines), sum(counts)])
  return failed === 0 ? 0 : 1
}

/** JSON of an address of the same server, without following anybody elsewhere. */
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

function lines({ name, status, found, advice }: Check): string[] {
  const first = `${status.padEnd(4)}  ${name.padEnd(18)} ${found}`
  return advice === undefined ? [first] : [first, `${' '.repeat(25)}${advice}`]
}

function sum({ pass, warn, fail, skip }: Record<'pass' | 'warn' | 'fail' | 'skip', number>): string {
  return `${pass} passed, ${warn} to look at, ${fail} failed, ${skip} not there`
}
