import { duration, formatTime, type Instant, relative, toMs } from '../format/Time.ts'
import { useNow } from './Clock.ts'
import { uiWords as w } from './words.ts'

const isoOf = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : undefined)

/** A time. `ago` says how long ago instead; pointing at it shows the time itself. */
export function Time({ at, ago = false }: { at: Instant | null | undefined; ago?: boolean }) {
  if (at === null || at === undefined) return <span>–</span>
  return ago ? <Ago at={at} /> : <time dateTime={isoOf(toMs(at))}>{formatTime(at)}</time>
}

function Ago({ at }: { at: Instant }) {
  const now = useNow()
  return (
    <time dateTime={isoOf(toMs(at))} title={formatTime(at)}>
      {relative(at, now)}
    </time>
  )
}

/** What is left until a time. Not read out each second: a screen reader finds it where it stands. */
export function Countdown({ until, label }: { until: Instant; label?: string }) {
  const now = useNow()
  const left = Math.max(0, Math.ceil((toMs(until) - now) / 1000))
  return (
    <span class="countdown">
      {label !== undefined && <span class="hint">{label} </span>}
      <time dateTime={isoOf(toMs(until))} title={formatTime(until)}>
        {left === 0 ? w.ended() : w.left({ time: duration(left) })}
      </time>
    </span>
  )
}
