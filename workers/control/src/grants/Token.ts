/** The token of a grant: lets its holder read one key until it ends. A MAC, so nothing of it is kept. */
import { isMac, mac } from '../api/Mac.ts'
import type { Env } from '../Env.ts'

const PREFIX = 'pbg_'
const PURPOSE = 'grant'
const FORM = /^Bearer +pbg_([1-9][0-9]{9,11})\.([\w-]{43})$/i
/** What became of a key can be seen for a week after its end; nothing is promised for longer than this. */
const AFTER_S = 7 * 86_400
const LONGEST_S = 400 * 86_400

export type GrantToken = { token: string; expiresAt: Date }

/** `expiry` of the key and `now` are Unix seconds. */
export async function newToken(env: Env, id: string, expiry: number, now: number): Promise<GrantToken> {
  const ends = Math.min(expiry + AFTER_S, now + LONGEST_S)
  const token = `${PREFIX}${ends}.${await mac(env, PURPOSE, `${id} ${ends}`)}`
  return { token, expiresAt: new Date(ends * 1_000) }
}

/** When the token of an `Authorization` header ends, if it is for this key and has not; undefined otherwise. */
export async function readToken(
  env: Env,
  id: string,
  header: string | undefined,
  now: number,
): Promise<Date | undefined> {
  const [, ends = '', given = ''] = FORM.exec(header ?? '') ?? []
  if (ends === '' || Number(ends) <= now) return undefined
  return (await isMac(env, PURPOSE, `${id} ${ends}`, given)) ? new Date(Number(ends) * 1_000) : undefined
}
