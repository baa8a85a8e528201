/** What a change of terms closes, in words. */
import { formatAmount } from '../../format/Money.ts'
import type { Preview } from './Provider.ts'
import { w } from './providerWords.ts'

/** `null`, or no channel: nothing is closed. */
export function closing(drain: Preview | null): string {
  if (drain === null || drain.channels === 0) return w.closesNone()
  const { channels, toPay, toReturn, whole } = drain
  const said = w.closes({ channels, pay: formatAmount(toPay), back: formatAmount(toReturn) })
  return whole ? said : `${said} ${w.closesMore()}`
}
