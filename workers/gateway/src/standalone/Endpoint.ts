/**
 * `/.well-known/pbstream/payments/…`: a provider's own server has payments authorised, and captures what its work cost;
 * `/.well-known/pbstream/rentals/…`: it rents something out by time.
 * What a payment is worth is decided by the same code as for calls that pass through the gateway.
 */
import { parseJson } from '@pbstream/core/Base64'
import { RENTALS_PATH } from '@pbstream/core/rental/Wire'
import { PAYMENTS_PATH } from '@pbstream/core/standalone/Wire'
import * as Body from '../Body.ts'
import { problemResponse } from '../Problem.ts'
import * as Rentals from '../rentals/Rentals.ts'
import type { Ask, Operation } from './Ask.ts'
import { authorize } from './Authorize.ts'
import { identify } from './Caller.ts'
import { capture, mark, release } from './Finish.ts'

/** A few payment headers and little more. */
const BODY_MAX = 64 * 1024

const operations: ReadonlyMap<string, Operation> = new Map([
  [`${PAYMENTS_PATH}/authorize`, authorize],
  [`${PAYMENTS_PATH}/capture`, capture],
  [`${PAYMENTS_PATH}/mark`, mark],
  [`${PAYMENTS_PATH}/void`, release],
  [`${RENTALS_PATH}/start`, Rentals.start],
  [`${RENTALS_PATH}/heartbeat`, Rentals.tell('beat')],
  [`${RENTALS_PATH}/pause`, Rentals.tell('pause')],
  [`${RENTALS_PATH}/resume`, Rentals.tell('resume')],
  [`${RENTALS_PATH}/stop`, Rentals.tell('stop')],
])

/** Who asks is found out first; nothing of the body is read before. */
export async function answer(ask: Ask): Promise<Response> {
  const { request, gateway, id } = ask
  const operation = operations.get(ask.path)
  if (operation === undefined) return problemResponse('not_found', id)
  if (request.method !== 'POST') {
    const response = problemResponse('method_not_allowed', id)
    response.headers.set('allow', 'POST')
    return response
  }
  const key = await identify(request, gateway)
  if (typeof key === 'string') return problemResponse(key, id)
  ask.keep(gateway.providerKeys.used(key))
  const body = await Body.read(request, BODY_MAX)
  if (typeof body === 'string') return problemResponse(body, id)
  return operation(ask, key, body.kind === 'whole' ? parseJson(body.bytes) : undefined)
}
