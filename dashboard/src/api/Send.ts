/** One request, and a second try where the first was cut off: a change that repeats its Idempotency-Key happens once. */
import { ApiProblem } from './Problem.ts'

type Fetch = (request: Request) => Promise<Response>

const PAUSE_MS = 400

/** @throws {ApiProblem} `network` when nothing was answered; what an AbortSignal threw is passed on. */
export function send(request: Request): Promise<Response> {
  return sendWith((asked) => fetch(asked), request)
}

export async function sendWith(fetch: Fetch, request: Request, pauseMs: number = PAUSE_MS): Promise<Response> {
  const again = request.clone()
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  try {
    return await fetch(again)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw new ApiProblem(0, { code: 'network' })
  }
}
