/** Choices that stay in this browser: language, theme, mode. Nothing secret. A browser may refuse; then they last as long as the page. */
const PREFIX = 'pbstream.'

export function stored(name: string): string | undefined {
  try {
    return globalThis.localStorage?.getItem(PREFIX + name) ?? undefined
  } catch {
    return undefined
  }
}

/** `undefined` forgets it. */
export function store(name: string, value: string | undefined): void {
  try {
    if (value === undefined) globalThis.localStorage?.removeItem(PREFIX + name)
    else globalThis.localStorage?.setItem(PREFIX + name, value)
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}
