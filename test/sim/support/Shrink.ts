/** Makes a failing history smaller: steps are left out as long as the same invariant breaks. */
export type Runner = (options: {
  skip: ReadonlySet<number>
  steps: number
}) => Promise<{ steps: number; failure: string | undefined }>

export type Small = { failure: string; skip: ReadonlySet<number>; steps: number; left: number }

/** The name at the start of a message; any other message stands for itself. */
export function invariantOf(message: string): string {
  return /^I\d+/.exec(message)?.[0] ?? message
}

/**
 * @param run plays the history without the steps in `skip`, at most `steps` of them
 * @returns undefined when it does not fail
 */
export async function shrink(run: Runner): Promise<Small | undefined> {
  const first = await run({ skip: new Set(), steps: Number.POSITIVE_INFINITY })
  if (first.failure === undefined) return undefined
  const wanted = invariantOf(first.failure)
  let best = { failure: first.failure, skip: new Set<number>(), steps: first.steps }
  const attempt = async (skip: Set<number>, steps: number): Promise<boolean> => {
    const { failure } = await run({ skip, steps })
    if (failure === undefined || invariantOf(failure) !== wanted) return false
    best = { failure, skip, steps }
    return true
  }
  // The tail first, then chunks, then single steps until nothing more can go.
  for (let low = 0, high = first.steps; low < high;) {
    const middle = (low + high) >> 1
    if (await attempt(best.skip, middle)) high = middle
    else low = middle + 1
  }
  for (let size = Math.max(1, best.steps >> 1); size >= 1; size >>= 1) {
    for (let from = 0; from < best.steps; from += size) {
      const chunk = [...Array(size).keys()].map((i) => from + i)
      const more = chunk.filter((step) => step < best.steps && !best.skip.has(step))
      if (more.length > 0) await attempt(new Set([...best.skip, ...more]), best.steps)
    }
  }
  return { ...best, left: best.steps - best.skip.size }
}
