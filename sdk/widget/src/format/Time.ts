/** Times (Unix seconds) and spans (seconds) for people. */
import { type Locale, tagOf } from '../text/Locale.ts'
import { say } from '../text/Text.ts'

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** `14 Feb 2027, 09:00`, in the time zone of whoever reads it, which is named. */
export function dateTime(seconds: number, locale: Locale): string {
  return new Intl.DateTimeFormat(tagOf(locale), {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(seconds * 1_000)
}

/** The two largest units: `29 days 23 hours`, `4 minutes 10 seconds`. Nothing is left below a second. */
export function duration(seconds: number, locale: Locale): string {
  let left = Math.max(0, Math.floor(seconds))
  const first = UNITS.findIndex(([, size]) => left >= size)
  if (first === -1) return counted(0, 'second', locale)
  const parts: string[] = []
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / size)
    left %= size
    if (count > 0) parts.push(counted(count, unit, locale))
  }
  return parts.join(' ')
}

/** A period by its name where it has one (`day`), in words otherwise (`36 hours`): what follows `per`. */
export function period(seconds: number, locale: Locale): string {
  if (seconds === 3_600) return say(locale, 'perHour')
  if (seconds === 86_400) return say(locale, 'perDay')
  if (seconds === 604_800) return say(locale, 'perWeek')
  return duration(seconds, locale)
}

/** Seconds until a countdown shows something else: every second in the last hour, every minute before. */
export function nextTick(left: number): number {
  return left > 3_600 ? 1 + ((left - 3_601) % 60) : 1
}

/** Unix seconds of `datetime-local`, local time; `undefined` when the text is no time. */
export function fromLocal(text: string): number | undefined {
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.floor(at / 1_000)
}

/** What `datetime-local` shows for a time, to the minute. */
export function toLocal(seconds: number): string {
  const at = new Date(seconds * 1_000)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

function counted(count: number, unit: 'day' | 'hour' | 'minute' | 'second', locale: Locale): string {
  return new Intl.NumberFormat(tagOf(locale), { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}
