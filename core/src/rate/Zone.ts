/** Local time of IANA zones, exact at the changes of their clocks. Instants are Unix milliseconds. */

const MINUTE = 60_000
const DAY = 86_400_000
/** Clocks are changed at multiples of this, as UTC sees it; where they are not (decades ago) nothing is remembered. */
const STEP = 15 * MINUTE
/** To ask for one takes microseconds, and splitting a long time asks for many. */
const STEPS_KEPT = 4096
/** The end of the year 9999: beyond it nothing is priced by the calendar. */
const LAST = 253_402_300_799_999
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/

/** What a clock on the wall and a calendar beside it show. */
export type Local = {
  /** Days since 1970-01-01, of the calendar there. */
  day: number
  /** Milliseconds since midnight as the clock shows them. */
  time: number
}

export type CalendarDay = { year: number; month: number; day: number; /** 1 is Monday. */ weekday: number }

/** The clocks of one zone. */
export class Zone {
  readonly #format: Intl.DateTimeFormat
  /** By the begin of each step in which the offset does not change. */
  readonly #offsets = new Map<number, number>()

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format
  }

  local(at: number): Local {
    const shown = instant(at) + this.offset(at)
    const day = Math.floor(shown / DAY)
    return { day, time: shown - day * DAY }
  }

  /** How far its clocks are ahead of UTC, in milliseconds. */
  offset(time: number): number {
    const at = instant(time)
    const from = Math.floor(at / STEP) * STEP
    const known = this.#offsets.get(from)
    if (known !== undefined) return known
    const offset = this.#look(from)
    if (this.#look(from + STEP) !== offset) return this.#look(at)
    if (this.#offsets.size >= STEPS_KEPT) this.#offsets.clear()
    this.#offsets.set(from, offset)
    return offset
  }

  /** The first instant after `from`, and at `to` at the latest, at which clocks are changed; `to` when they are not. */
  nextChange(from: number, to: number): number {
    const offset = this.offset(from)
    if (this.offset(to) === offset) return to
    let [before, after] = [from, to]
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.offset(middle) === offset) before = middle
      else after = middle
    }
    return after
  }

  #look(at: number): number {
    const part: Record<string, number> = {}
    for (const { type, value } of this.#format.formatToParts(at)) part[type] = Number(value)
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part
    const shown = daysSince(year, month, day) * DAY + hour * 3_600_000 + minute * MINUTE + second * 1000
    return shown - Math.floor(at / 1000) * 1000
  }
}

const known = new Map<string, Zone>()

/** The zone of that name; `undefined` when there is none. */
export function find(name: string): Zone | undefined {
  const found = known.get(name)
  if (found !== undefined) return found
  if (!NAME.test(name)) return undefined
  try {
    const zone = new Zone(
      new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      }),
    )
    // There are some hundred names; a limit all the same, since they come from outside.
    if (known.size >= 1000) known.clear()
    known.set(name, zone)
    return zone
  } catch {
    return undefined
  }
}

/** What is no instant is the nearest that is one. */
export function instant(at: number): number {
  if (!(at > 0)) return 0
  return Math.min(Math.floor(at), LAST)
}

/** Days from 1970-01-01 to a day of the Gregorian calendar. */
export function daysSince(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is the last of one.
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const inEra = y - era * 400
  const inYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146_097 + inEra * 365 + Math.floor(inEra / 4) - Math.floor(inEra / 100) + inYear - 719_468
}

/** The opposite of `daysSince`, and the day of the week. */
export function calendarDay(days: number): CalendarDay {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const inEra = z - era * 146_097
  const years = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  )
  const inYear = inEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  const shifted = Math.floor((5 * inYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return {
    year: years + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: inYear - Math.floor((153 * shifted + 2) / 5) + 1,
    // 1970-01-01 was a Thursday.
    weekday: ((((days + 3) % 7) + 7) % 7) + 1,
  }
}

/** `2026-11-23`. */
export function dateText(days: number): string {
  const { year, month, day } = calendarDay(days)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `18:05:09`, of milliseconds since midnight. */
export function timeText(time: number): string {
  const seconds = Math.floor(time / 1000)
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
