/** What was looked at, how it was, and what to do about it. */

/** `skip`: there was nothing to look at, and nothing is wrong with that. */
export type Status = 'pass' | 'warn' | 'fail' | 'skip'

export type Check = {
  /** Stable, for programs: `cache-unpaid`. */
  name: string
  status: Status
  /** What was found, in one sentence. Quotes nothing that a server could steer a terminal with. */
  found: string
  /** What to do, when something is to be done. */
  advice?: string
}

/** Something that is not as it should be. */
export type Flaw = { status: 'warn' | 'fail'; found: string; advice: string }

/** Collects checks in order. */
export class Checks {
  readonly all: Check[] = []

  pass(name: string, found: string): void {
    this.#add({ name, status: 'pass', found })
  }

  skip(name: string, found: string): void {
    this.#add({ name, status: 'skip', found })
  }

  warn(name: string, found: string, advice: string): void {
    this.#add({ name, status: 'warn', found, advice })
  }

  fail(name: string, found: string, advice: string): void {
    this.#add({ name, status: 'fail', found, advice })
  }

  /** Passes when there is no flaw; else one row for each. */
  judge(name: string, found: string, flaws: readonly Flaw[]): void {
    if (flaws.length === 0) this.pass(name, found)
    for (const flaw of flaws) this[flaw.status](name, flaw.found, flaw.advice)
  }

  count(status: Status): number {
    return this.all.filter((check) => check.status === status).length
  }

  #add(check: Check): void {
    this.all.push({ ...check, found: plain(check.found) })
  }
}

/** Text of a server in one line of visible characters, so that it cannot steer a terminal. */
export function visible(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u{10ffff}]/gu, '?')
}

/** As `visible`, and not longer than a person reads. */
export function plain(text: string): string {
  const line = visible(text)
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
