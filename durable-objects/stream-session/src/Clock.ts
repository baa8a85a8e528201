/**
 * The clock of a rental: which spans of time are proven. Only what lies between a `resume` and the last beat, pause or
 * stop after it is; what comes after the last of them is nobody's until the next one. Pure; Unix milliseconds.
 */
import { type TimeOp, type Times, TIMES_MAX } from '@pbstream/core/message/Session'

export type Clock = { readonly times: Times; readonly state: 'running' | 'paused' | 'stopped' }

/**
 * The clock after it was told `op`; undefined when that cannot be: it never ran, was stopped, or was paused too often.
 * Repeats are harmless. A time that lies before what is proven already proves nothing more.
 */
export function told(clock: Clock | undefined, op: TimeOp, now: number): Clock | undefined {
  if (op === 'resume') return resumed(clock, now)
  if (clock === undefined) return undefined
  const times = clock.state === 'running' ? provenUpTo(clock.times, now) : clock.times
  switch (op) {
    case 'beat':
      return clock.state === 'stopped' ? undefined : { ...clock, times }
    case 'pause':
      return clock.state === 'stopped' ? undefined : { times, state: 'paused' }
    case 'stop':
      return { times, state: 'stopped' }
  }
}

function resumed(clock: Clock | undefined, now: number): Clock | undefined {
  if (clock === undefined) return { times: [[now, now]], state: 'running' }
  if (clock.state === 'stopped') return undefined
  if (clock.state === 'running') return { ...clock, times: provenUpTo(clock.times, now) }
  const last = clock.times.at(-1)
  // Where there is no pause in between, spans are one.
  if (last !== undefined && now <= last[1]) return { ...clock, state: 'running' }
  if (clock.times.length >= TIMES_MAX) return undefined
  return { times: [...clock.times, [now, now]], state: 'running' }
}

function provenUpTo(times: Times, now: number): Times {
  const last = times.at(-1)
  return last === undefined || now <= last[1] ? times : [...times.slice(0, -1), [last[0], now]]
}
