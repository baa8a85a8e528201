import * as Count from './Count.ts'
import type { Cause, Outcome, Units } from './Types.ts'

/**
 * What of a report belongs together: all that was read, all that was made, and the rest, each unit by itself. Within a
 * group units stand for parts of one total, so groups are compared and replaced as a whole.
 */
export type Group = 'read' | 'made' | 'rest'

/** What an upstream has said; a group that it says nothing usable about is not named. */
export type Report = { [group in Group]?: Units }

const GROUPS: readonly Group[] = ['read', 'made', 'rest']

/** Keeps what was reported and what was counted, and decides between them. */
export class Tally {
  /** The last report of each group, and the largest. */
  readonly #last: Report = {}
  readonly #most: Report = {}
  /** Whether the last report is for the whole answer. */
  #isWhole = false
  #output = 0
  #reasoning = 0
  #guessed = 0
  /** What came by, of units that nobody reports. */
  readonly #passed: Record<string, bigint> = {}
  readonly #input: bigint

  /** @param input the most that can have been read, where the request says so. */
  constructor(input: bigint | undefined) {
    this.#input = input ?? 0n
  }

  /** @param isWhole whether these are the counts of the whole answer, and not only those so far. */
  report(report: Report, isWhole: boolean): void {
    for (const group of GROUPS) {
      const units = report[group]
      if (units === undefined) continue
      this.#last[group] = units
      this.#most[group] = larger(this.#most[group] ?? {}, units)
    }
    if (isWhole) this.#isWhole = true
  }

  /** A piece of the answer has gone past: at least one token. `guess`: more likely so many. */
  delta(kind: 'output' | 'reasoning', guess: number): void {
    if (kind === 'output') this.#output++
    else this.#reasoning++
    this.guess(guess)
  }

  /** So many tokens have probably been made, but none of them for certain. */
  guess(tokens: number): void {
    this.#guessed += tokens
  }

  /** One more of something that is counted as it comes. */
  count(unit: string): void {
    this.#passed[unit] = (this.#passed[unit] ?? 0n) + 1n
  }

  /** Whether the usage of the whole answer has come. */
  get isReported(): boolean {
    return this.#isWhole
  }

  get floor(): Units {
    return this.#together({ ...this.#most, made: this.#leastMade })
  }

  get likely(): Units {
    const read = this.#most.read ?? { input_token: this.#input }
    const guessed = { output_token: BigInt(Math.ceil(this.#guessed)) }
    return this.#together({ ...this.#most, read, made: larger(this.#leastMade, guessed) })
  }

  /**
   * At the end of an answer the last report counts, whatever was counted. An answer that ended otherwise may have been
   * reported in part only: there the larger of both.
   */
  outcome(cause: Cause): Outcome {
    const told = this.#last.made ?? {}
    const made = cause === 'end' && this.#isWhole ? told : larger(told, this.#counted)
    const units = this.#together({ ...this.#last, made })
    const isReported =
      Object.keys(this.#last).length > 0 && made === told && (this.#isWhole || this.#last.made === undefined)
    if (isReported) return { units, source: 'reported' }
    return { units, source: Object.keys(units).length > 0 ? 'counted' : 'none' }
  }

  #together(report: Report): Units {
    return Count.present({ ...this.#passed, ...report.rest, ...report.read, ...report.made })
  }

  get #leastMade(): Units {
    return larger(this.#most.made ?? {}, this.#counted)
  }

  get #counted(): Units {
    return { output_token: BigInt(this.#output), reasoning_token: BigInt(this.#reasoning) }
  }
}

function larger(a: Units, b: Units): Units {
  return Count.sum(b) > Count.sum(a) ? b : a
}
