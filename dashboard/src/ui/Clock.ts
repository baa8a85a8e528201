/** The time now, for what counts down or says how long ago. Ticks once a second while somebody looks at it. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

const now = signal(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Unix milliseconds, again every second. */
export function useNow(): number {
  useEffect(() => {
    users++
    if (timer === undefined) {
      now.value = Date.now()
      timer = setInterval(() => {
        now.value = Date.now()
      }, 1000)
    }
    return () => {
      users--
      if (users === 0) {
        clearInterval(timer)
        timer = undefined
      }
    }
  }, [])
  return now.value
}
