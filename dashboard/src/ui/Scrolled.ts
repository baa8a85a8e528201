import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

type Scroll = { scrollTop: number; height: number; rowHeight: number }

/** Before anything was measured: about what a row of the design takes, and a screen. */
const FIRST: Scroll = { scrollTop: 0, height: 800, rowHeight: 37 }

/**
 * How far a box with a table is scrolled, how much of it is seen, and how high a row is. Drawn anew only when another row
 * comes into view.
 */
export function useScrolled(
  box: RefObject<HTMLElement>,
  on: boolean,
  onMove: (scrollTop: number, height: number, rowHeight: number) => void,
): Scroll {
  const [scroll, setScroll] = useState(FIRST)
  const moved = useRef(onMove)
  moved.current = onMove
  const measure = () => {
    const element = box.current
    if (element === null) return
    const row = element.querySelector('tbody tr:not(.gap)')
    setScroll((before) => {
      const rowHeight = row?.getBoundingClientRect().height || before.rowHeight
      const now = { scrollTop: element.scrollTop, height: element.clientHeight, rowHeight }
      const same =
        Math.floor(now.scrollTop / rowHeight) === Math.floor(before.scrollTop / before.rowHeight) &&
        now.height === before.height &&
        rowHeight === before.rowHeight
      return same ? before : now
    })
  }
  useLayoutEffect(() => {
    if (on) measure()
  }, [on])
  useEffect(() => {
    const element = box.current
    if (!on || element === null) return undefined
    const onScroll = () => {
      measure()
      const row = element.querySelector('tbody tr:not(.gap)')
      moved.current(element.scrollTop, element.clientHeight, row?.getBoundingClientRect().height ?? FIRST.rowHeight)
    }
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      sizes.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [on])
  return scroll
}
