/**
 * Multipliers of times. What counts is the clock on the wall of the schedule's zone: where it is put back, an hour of a
 * window comes twice, where it is put forward, one is left out.
 */
import type * as Card from './Card.ts'
import * as Multiplier from './Multiplier.ts'
import { DAYS, minutes } from './Words.ts'
import { calendarDay, daysSince, find, instant, type Local, type Zone } from './Zone.ts'

const DAY = 86_400_000
/** No call is longer: what goes beyond is not counted where times have multipliers. */
export const LONGEST_MS = 400 * DAY

type Window = {
  from: number
  to: number
  days: ReadonlySet<number> | undefined
  dates: ReadonlySet<number> | undefined
  months: ReadonlySet<number> | undefined
  multiplier: bigint
}

export type Schedule = {
  zone: Zone
  windows: readonly Window[]
  /** Times of the day at which a window may begin or end, in milliseconds since midnight, sorted. */
  borders: readonly number[]
  /** Of any instant. */
  highest: bigint
}

/** A multiplier in millionths, and the window that it is of; no window outside of all. */
export type Rule = { multiplier: bigint; window?: number }

/** A part of a span in which one rule holds. */
export type Slice = Rule & { from: number; to: number }

const OUTSIDE: Rule = { multiplier: Multiplier.ONE }

/** `undefined` when there is no such zone. */
export function compile(card: Card.Schedule): Schedule | undefined {
  const zone = find(card.zone)
  if (zone === undefined) return undefined
  const windows = card.windows.map(compileWindow)
  const borders = new Set([0, ...windows.flatMap(({ from, to }) => [from, to])])
  borders.delete(DAY)
  return {
    zone,
    windows,
    borders: [...borders].sort((a, b) => a - b),
    highest: windows.reduce((high, { multiplier }) => (multiplier > high ? multiplier : high), Multiplier.ONE),
  }
}

function compileWindow(window: Card.Window): Window {
  const { days, dates, months } = window
  return {
    from: minutes(window.from ?? '00:00') * 60_000,
    to: minutes(window.to ?? '24:00') * 60_000,
    days: days && new Set(days.map((day) => DAYS.indexOf(day) + 1)),
    dates: dates && new Set(dates.map(dayOf)),
    months: months && new Set(months),
    multiplier: Multiplier.parse(window.multiplier),
  }
}

/** The number of the day that a date names. */
export function dayOf(date: string): number {
  return daysSince(Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8)))
}

/** What holds at an instant. */
export function ruleAt(schedule: Schedule, at: number): Rule {
  const local = schedule.zone.local(at)
  const window = schedule.windows.findIndex((one) => holds(one, local))
  const found = schedule.windows[window]
  return found === undefined ? OUTSIDE : { multiplier: found.multiplier, window }
}

function holds({ from, to, ...window }: Window, { day, time }: Local): boolean {
  if (from < to) return time >= from && time < to && isDay(window, day)
  // Past midnight: what is left of yesterday's window belongs to yesterday.
  return (time >= from && isDay(window, day)) || (time < to && isDay(window, day - 1))
}

function isDay({ days, dates, months }: Omit<Window, 'from' | 'to'>, number: number): boolean {
  if (dates !== undefined && !dates.has(number)) return false
  if (days === undefined && months === undefined) return true
  const { weekday, month } = calendarDay(number)
  return (days === undefined || days.has(weekday)) && (months === undefined || months.has(month))
}

/** A span, split where another rule begins to hold. */
export function slices(schedule: Schedule, from: number, to: number): Slice[] {
  const found: Slice[] = []
  let at = instant(from)
  const end = Math.min(instant(to), at + LONGEST_MS)
  while (at < end) {
    const rule = ruleAt(schedule, at)
    const next = Math.min(nextBorder(schedule, at), end)
    const last = found.at(-1)
    if (last?.to === at && last.window === rule.window) last.to = next
    else found.push({ ...rule, from: at, to: next })
    at = next
  }
  return found
}

/** The next instant at which another rule may begin: a border by the clock, or a change of the clock itself. */
function nextBorder({ zone, borders }: Schedule, at: number): number {
  const { time } = zone.local(at)
  const border = borders.find((one) => one > time) ?? DAY
  return zone.nextChange(at, at + border - time)
}
