/** Changes that need the wallet's signature: docs/api.md, "Changes that need the wallet". */
import { signTypedData } from '../Wallet.ts'
import { ApiProblem } from './Client.ts'

/**
 * Makes a change; when the API asks for the wallet's signature, lets the wallet sign and makes the same change again,
 * with the same Idempotency-Key.
 *
 * @param change sends the request with these headers: `api.POST('/…', { headers, body })`.
 * @throws {ApiProblem} what the API refused; what the wallet threw when the person declined.
 */
export function confirmed<T>(change: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  return confirmedWith(signTypedData, change)
}

export async function confirmedWith<T>(
  sign: (typedData: unknown) => Promise<string>,
  change: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  const headers = { 'Idempotency-Key': crypto.randomUUID() }
  try {
    return await change(headers)
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'signature_required') throw error
    const { deadline, nonce } = messageOf(error)
    const signature = await sign(error.typedData)
    return change({ ...headers, 'PBStream-Confirmation': `${deadline}:${nonce}:${signature}` })
  }
}

function messageOf(problem: ApiProblem): { deadline: string; nonce: string } {
  const { message } = (problem.typedData ?? {}) as { message?: { deadline?: unknown; nonce?: unknown } }
  const { deadline, nonce } = message ?? {}
  if (typeof nonce !== 'string' || (typeof deadline !== 'string' && typeof deadline !== 'number')) throw problem
  return { deadline: String(deadline), nonce }
}
