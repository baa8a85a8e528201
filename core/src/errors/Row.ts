/** One way to fail. `x402` is the string that x402 clients know it by, where the protocol has one. */
export type Row = {
  status: number
  title: string
  /** What the caller should do. */
  hint: string
  /** True when the same call may succeed later without being changed. */
  retryable: boolean
  /** Session mode: the call may succeed in the same session, or with the same key, when it is signed again as `hint` says. */
  signAgain?: true
  x402?: string
}
