/** Which rows of a long table are worth drawing. */
export type Scrolled = { total: number; rowHeight: number; scrollTop: number; height: number }

/** Rows drawn beyond either edge, so that scrolling by keys and wheels never shows a gap. */
const BEYOND = 12

/** Rows `from` to `to`, without `to`. */
export function windowOf({ total, rowHeight, scrollTop, height }: Scrolled): { from: number; to: number } {
  if (rowHeight <= 0 || total <= 0) return { from: 0, to: Math.max(0, total) }
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight)
  const count = Math.ceil(Math.max(0, height) / rowHeight)
  // A list that got shorter while it was scrolled down still shows its end.
  const from = Math.max(0, Math.min(first, total - count) - BEYOND)
  return { from, to: Math.min(total, from + count + 2 * BEYOND) }
}

/** True when the end of what is there is near: time to load more. */
export function isNearEnd({ total, rowHeight, scrollTop, height }: Scrolled): boolean {
  return scrollTop + height >= (total - BEYOND) * rowHeight
}
