/** `@pbstream/sdk/errors`: every way to fail as a class, and failed answers as errors. */
import { classes as management } from './errors/management.ts'
import { classes as payment } from './errors/payment.ts'
import type { PBStreamError } from './errors/PBStreamError.ts'
import { problemOf, toError } from './errors/Problem.ts'

export * from './errors/management.ts'
export * from './errors/payment.ts'
export * from './errors/Payer.ts'
export { type ErrorDetails, type ErrorFacts, PBStreamError, type SentinelFacts } from './errors/PBStreamError.ts'

/** Every class by its code. */
export const classes = /* @__PURE__ */ all()

/** In a function of its own: who imports one class leaves the others out of its bundle. */
function all() {
  return { ...payment, ...management }
}

/** The error that an answer of PB-Stream stands for; `undefined` when it is none. The body can still be read. */
export async function errorOf(response: Response): Promise<PBStreamError | undefined> {
  const problem = await problemOf(response)
  return problem === undefined ? undefined : toError(problem, response.status, classes)
}
