/** Quiet hours: when they end. */
import { find } from '../rate/Zone.ts'
import type { QuietHours } from './Alert.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** The first time (Unix ms) from `now` on that is not quiet. Of a zone that is not known no hour is quiet, nor between equal times. */
export function quietUntil({ zone: name, from, to }: QuietHours, now: number): number {
  const zone = find(name)
  const [begin, end] = [ofDay(from), ofDay(to)]
  if (zone === undefined || begin === end) return now
  let at = now
  for (;;) {
    const { time } = zone.local(at)
    const isQuiet = begin < end ? time >= begin && time < end : time >= begin || time < end
    if (!isQuiet) return at
    const until = at + ((end - time + DAY) % DAY)
    const change = zone.nextChange(at, until)
    if (change === until) return until
    // Clocks are put forward or back before that: look again from there.
    at = change
  }
}

function ofDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return (hours * 60 + minutes) * MINUTE
}
