// What every tool here prints: lines with the time, a sign of life while something runs, and the closing line.

const TICK_MS = 10_000

export interface Progress {
  say(text: string): void
  /** Says what goes on, again every few seconds until it is done. */
  during<T>(what: string, work: Promise<T>): Promise<T>
}

export interface Counts {
  passed: number
  failed: number
}

/** Runs a tool to its closing line, which people and machines read, and its exit code. Nothing checked is a failure. */
export async function tool(name: string, work: (progress: Progress) => Promise<Counts>): Promise<void> {
  const startedAt = Date.now()
  const say = (text: string) => {
    const seconds = Math.round((Date.now() - startedAt) / 1000)
    console.log(`[${name} ${String(seconds).padStart(3)} s] ${text}`)
  }
  const during: Progress['during'] = async (what, promise) => {
    say(what)
    const tick = setInterval(() => say(`${what}: still going`), TICK_MS)
    try {
      return await promise
    } finally {
      clearInterval(tick)
    }
  }
  let counts: Counts
  try {
    counts = await work({ say, during })
  } catch (error) {
    // A contract that does not compile, a program that is missing: the message says it all.
    console.log(error instanceof Error ? error.message : error)
    counts = { passed: 0, failed: 1 }
  }
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
}
