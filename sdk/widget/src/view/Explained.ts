/** A failure in words: what it means and what to do, and what others said of it where the reader can read that. */
import type { Failure } from '../Failure.ts'
import { oneLine } from '../format/Line.ts'
import type { Locale } from '../text/Locale.ts'
import { problemText } from '../text/ProblemText.ts'
import { say, type TextKey } from '../text/Text.ts'

/** Codes of EIP-1193, EIP-1474 and EIP-3085 that say what to do. */
const WALLET: Readonly<Record<string, TextKey>> = {
  '4100': 'wallet_no_access',
  '4200': 'wallet_cannot',
  '4900': 'wallet_offline',
  '4901': 'wallet_offline',
  '4902': 'wallet_no_chain',
  '-32002': 'wallet_busy',
}

export type Explained = { text: string; theirs?: string }

export function explained(failure: Failure, locale: Locale): Explained {
  const { code, problem = '', walletCode } = failure
  const key = code === 'wallet' ? WALLET[String(walletCode)] : undefined
  const text = (code === 'service' && problemText(problem, locale)) || say(locale, key ?? `fail_${code}`)
  const theirs = theirWords(failure, locale)
  return theirs === undefined ? { text } : { text, theirs }
}

/** Wallets, services and pages speak English mostly: who reads Chinese gets their words if they are, else a code. */
function theirWords({ code, detail, problem, walletCode }: Failure, locale: Locale): string | undefined {
  const whose: TextKey = code === 'service' ? 'saidService' : code === 'configuration' ? 'saidPage' : 'saidWallet'
  const said = legible(detail, locale)
  if (said !== undefined) return `${say(locale, whose)} ${said}`
  const name = code === 'configuration' ? /^\w+/.exec(detail)?.[0] : (problem ?? walletCode)
  return name === undefined ? undefined : `${say(locale, code === 'configuration' ? 'saidPage' : 'theirCode')} ${name}`
}

/** Words of others as one line, where they are in the reader's language as far as that can be seen. */
export function legible(words: string, locale: Locale): string | undefined {
  const line = oneLine(words, 300)
  return line !== '' && (locale === 'en' || /\p{Script=Han}/u.test(line)) ? line : undefined
}
