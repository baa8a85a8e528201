import { JsonPicker } from './JsonPicker.ts'
import type { Protocol } from './Protocol.ts'
import type { Tally } from './Tally.ts'
import type { Cause, Outcome, Reader, Units } from './Types.ts'

/**
 * Reads an answer that is no stream of events: one JSON document of any length, or one of which nothing has to be read
 * because its headers said all.
 */
export class WholeReader implements Reader {
  readonly #protocol: Protocol | undefined
  readonly #tally: Tally
  readonly #picker: JsonPicker | undefined
  #finds = 0

  constructor(protocol: Protocol | undefined, tally: Tally) {
    this.#protocol = protocol
    this.#tally = tally
    this.#picker = protocol === undefined ? undefined : new JsonPicker(protocol.paths)
  }

  get floor(): Units {
    return this.#tally.floor
  }

  get likely(): Units {
    return this.#tally.likely
  }

  get awaitsUsage(): boolean {
    return this.#picker !== undefined && !this.#tally.isReported
  }

  get isMade(): boolean {
    return true
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#picker === undefined) return [chunk]
    this.#picker.feed(chunk)
    if (this.#picker.finds > this.#finds) this.#protocol?.picked(this.#picker)
    this.#finds = this.#picker.finds
    return [chunk]
  }

  finish(cause: Cause): { usage: Outcome; rest: readonly Uint8Array[] } {
    return { usage: this.#tally.outcome(cause), rest: [] }
  }

  cutEvent(): Uint8Array {
    return new Uint8Array(0)
  }
}
