/** Reads the proof that a host is its owner's: a token at a fixed path. */

export const VERIFICATION_PATH = '/.well-known/pbstream-verification'
const WAIT_MS = 5_000
const MAX_BYTES = 1_024

/**
 * Whether the host serves the token: status 200, no redirect, within 5 seconds, and nothing else in the body. Never
 * throws, and says nothing of what the host answered.
 */
export async function shows(base: URL, token: string): Promise<boolean> {
  try {
    const response = await fetch(new URL(VERIFICATION_PATH, base), {
      redirect: 'manual',
      headers: { accept: 'text/plain' },
      signal: AbortSignal.timeout(WAIT_MS),
    })
    if (response.status === 200) return (await head(response)).trim() === token
    await response.body?.cancel()
    return false
  } catch {
    return false
  }
}

/** The first bytes of a body; whatever is longer is no token. */
async function head(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  while (reader !== undefined && size <= MAX_BYTES) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return ''
}
