/** Why something does not verify. */
export type Flaw =
  /** There is no usable key in the set. */
  | 'keys'
  /** The text is none of this gateway's, or was changed. */
  | 'signature'
  /** The quote was good once. */
  | 'expired'
  /** It is for another route, method or request. */
  | 'request'
  /** The card is not the one that it names, or none that this release can read. */
  | 'card'
  /** It does not say what its price was made from: the price of a server that makes its own. */
  | 'unsaid'
  /** The card makes another price of it. */
  | 'price'

export type Refusal = { ok: false; code: Flaw; detail: string }

export function refused(code: Flaw, detail: string): Refusal {
  return { ok: false, code, detail }
}
