/** An invariant does not hold. The message starts with its name: `I2: …`. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly invariant: string

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}

/** Throws unless `holds`. `detail` must be cheap: it is made on every call. */
export function demand(holds: boolean, invariant: string, detail: string): asserts holds {
  if (!holds) throw new Violation(invariant, detail)
}
