/**
 * `GET /v1/vouchers/export?receiver=0x…[&after=0x…]`: what a receiver needs to claim its money without us.
 *
 * The receiver proves itself by a signature of its wallet over a text that names this origin, itself and the time
 * (`core/src/VoucherExport`). A contract cannot: its signatures are judged on chain, and this Worker has no chain.
 * Everything is read from the StreamSessions, so that the file holds the last charge; the database only says which
 * channels there are. If one of them does not answer the page fails: a file that lacks vouchers must not look whole.
 */
import { type ErrorCode, errors } from '@pbstream/core/Errors'
import { type Address, type Hex, isAddress, isBytes32, lower } from '@pbstream/core/Hex'
import { parseSessionName, type StreamSessionApi } from '@pbstream/core/message/Session'
import { recover } from '@pbstream/core/NobleRecover'
import * as VoucherExport from '@pbstream/core/VoucherExport'
import { open } from '@pbstream/db/Database'
import { channelsOfReceiver } from '@pbstream/db/Receivers'
import type { Context } from 'hono'
import type { Env } from './Env.ts'
import { refuse } from './Problem.ts'

/** Channels looked at for one page, each in an object of its own at worst: 50 is what a Worker may call at least. */
const PAGE = 40

export async function exportVouchers(c: Context<{ Bindings: Env }>): Promise<Response> {
  const { receiver: asked, after: from } = c.req.query()
  if (!isAddress(asked) || (from !== undefined && !isBytes32(from))) return fail('malformed_query')
  const receiver = lower(asked)
  const now = Date.now()
  // The origin as it is configured, or as the platform routed it; a proof that was made for another is none here.
  const { host } = new URL(c.env.PUBLIC_URL ?? c.req.url)
  const refused = judge(c.req.header('authorization') ?? null, host, receiver, now)
  if (refused !== undefined) return fail(refused)
  try {
    const page = await read(c.env, receiver, from === undefined ? undefined : lower(from))
    const exportedAt = new Date(now).toISOString()
    return c.json(VoucherExport.toJson({ v: 1, exportedAt, receiver, ...page }), 200, { 'cache-control': 'no-store' })
  } catch {
    return fail('temporarily_unavailable')
  }
}

/** Why the proof does not do. Nothing secret is compared: the recovered address and the receiver are both public. */
function judge(header: string | null, host: string, receiver: Address, now: number): ErrorCode | undefined {
  const proof = VoucherExport.parseAuthorization(header)
  if (proof === undefined) return 'receiver_proof_invalid'
  const { issuedAt, signature } = proof
  const age = (now - Date.parse(issuedAt)) / 1000
  // A day that does not exist has no age.
  if (Number.isNaN(age)) return 'receiver_proof_invalid'
  if (recover(VoucherExport.proofDigest({ host, receiver, issuedAt }), signature) !== receiver) {
    return 'receiver_proof_invalid'
  }
  return age <= VoucherExport.PROOF_SECONDS && age >= -VoucherExport.PROOF_SKEW_SECONDS
    ? undefined
    : 'receiver_proof_expired'
}

/** One page: what each session says of its channels, in the order of their ids. */
async function read(env: Env, receiver: Address, after: Hex | undefined) {
  const rows = await channelsOfReceiver(open(env), receiver, { after, limit: PAGE })
  const sessions = new Map<string, Hex[]>()
  for (const { id, session } of rows) sessions.set(session, [...(sessions.get(session) ?? []), id])
  const owed = await Promise.all(
    [...sessions].map(async ([session, ids]) => {
      const found = await stub(env, session).vouchers(1, receiver, ids)
      const ref = parseSessionName(session)
      if (ref === undefined) throw new TypeError('not the name of a session')
      const { chainId, contract } = ref
      return found.map((channel) => ({ chainId, contract, ...channel }))
    }),
  )
  const channels = owed.flat().sort((a, b) => (a.channelId < b.channelId ? -1 : 1))
  const last = rows.length === PAGE ? rows.at(-1)?.id : undefined
  return { channels, ...(last === undefined ? {} : { next: last }) }
}

function stub(env: Env, session: string): Pick<StreamSessionApi, 'vouchers'> {
  if (env.STREAM_SESSION === undefined) throw new TypeError('there is no STREAM_SESSION binding')
  return env.STREAM_SESSION.getByName(session) as unknown as Pick<StreamSessionApi, 'vouchers'>
}

/** The scheme of the proof instead of a bearer key. */
function fail(code: ErrorCode): Response {
  const unsigned = errors[code].status === 401
  return refuse(code, unsigned ? { headers: { 'www-authenticate': VoucherExport.AUTH_SCHEME } } : {})
}
