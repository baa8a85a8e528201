/** The cookie of who signed in: 32 random bytes. The `__Host-` prefix pins it to this host, HTTPS and the whole path. */
import { SIGN_IN_MS } from '@pbstream/db/Owners'
import { base64url } from '../api/Mac.ts'

const NAME = '__Host-pbstream'
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'

export function newCookie(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

export function setCookie(value: string): string {
  return `${NAME}=${value}; Max-Age=${SIGN_IN_MS / 1000}; ${ATTRIBUTES}`
}

export function clearCookie(): string {
  return `${NAME}=; Max-Age=0; ${ATTRIBUTES}`
}

/** Its value in a Cookie header. A name that is there twice is somebody's trick: none counts. */
export function readCookie(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`))
    .map((pair) => pair.slice(NAME.length + 1))
  const [value] = values
  return values.length === 1 && value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
}
