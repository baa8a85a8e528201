/** What a person is told of an answer that is a problem of PB-Stream. */
import { problemOf, toError } from './errors/Problem.ts'
import { duration } from './Screen.ts'
import { plain } from './validate/Checks.ts'

/** Lines: what it is and what to do, with the stop that has to be released, and when to come again. None for other answers. */
export async function explained(response: Response): Promise<string[]> {
  const problem = await problemOf(response)
  if (problem === undefined) return []
  const { code, message } = toError(problem, response.status)
  const after = response.headers.get('retry-after') ?? ''
  const wait = /^[1-9][0-9]{0,8}$/.test(after) ? [`Try again in ${duration(Number(after))}.`] : []
  return [plain(`${code}: ${message}`), ...wait]
}
