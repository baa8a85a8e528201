/** Times for people, in the language and time zone of the browser. Arguments are Unix milliseconds or ISO strings. */
import { locale, say, TAGS } from '../text.ts'

export type Instant = number | string | Date

/** Unix milliseconds; NaN when it is no time. */
export function toMs(at: Instant): number {
  return typeof at === 'number' ? at : new Date(at).getTime()
}

const NEVER = '–'

/** `23 Nov 2026, 12:04:31`. */
export function formatTime(at: Instant, options: { seconds?: boolean; timeZone?: string } = {}): string {
  const { seconds = true, timeZone } = options
  return written(at, {
    dateStyle: 'medium',
    timeStyle: seconds ? 'medium' : 'short',
    hourCycle: 'h23',
    ...(timeZone === undefined ? {} : { timeZone }),
  })
}

/** `23 Nov 2026`. */
export function formatDay(at: Instant, options: { timeZone?: string } = {}): string {
  return written(at, { dateStyle: 'medium', ...options })
}

/** `23 Nov`: for axes, where the year is known. */
export function formatDate(at: Instant): string {
  return written(at, { day: 'numeric', month: 'short' })
}

/** `12:04`. */
export function formatClock(at: Instant): string {
  return written(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

function written(at: Instant, options: Intl.DateTimeFormatOptions): string {
  const ms = toMs(at)
  // English with the day first: it reads the same on every continent.
  const tag = locale.value === 'en' ? 'en-GB' : TAGS.zh
  return Number.isFinite(ms) ? new Intl.DateTimeFormat(tag, options).format(ms) : NEVER
}

const STEPS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** `3 minutes ago`, `in 2 hours`; beyond 30 days the day itself. */
export function relative(at: Instant, now: number): string {
  const ms = toMs(at)
  if (!Number.isFinite(ms)) return NEVER
  const seconds = Math.trunc((ms - now) / 1000)
  if (Math.abs(seconds) > 30 * 86_400) return formatDay(ms)
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? (['second', 1] as const)
  return new Intl.RelativeTimeFormat(TAGS[locale.value], { numeric: 'auto' }).format(Math.trunc(seconds / size), unit)
}

const PARTS = [
  [86_400, { en: '{n} {n|day|days}', zh: '{n} 天' }],
  [3600, { en: '{n} h', zh: '{n} 小时' }],
  [60, { en: '{n} min', zh: '{n} 分' }],
  [1, { en: '{n} s', zh: '{n} 秒' }],
] as const

/** The two largest parts of a span: `2 days 3 h`, `4 min 10 s`. Negative spans are none: `0 s`. */
export function duration(seconds: number): string {
  let left = Math.max(0, Math.floor(seconds))
  const parts: string[] = []
  for (const [size, words] of PARTS) {
    const n = Math.floor(left / size)
    left -= n * size
    if (n > 0 || (size === 1 && parts.length === 0)) parts.push(say(words, { n }))
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}
