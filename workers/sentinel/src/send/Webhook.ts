/** Signed webhooks (Standard Webhooks), through the gate for URLs. What the receiver says is not read. */
import * as Alert from '@pbstream/core/Alert'
import type { Answer } from '@pbstream/alert-channel/Port'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import { longest, post } from './Http.ts'

export type Hook = {
  url: string
  /** `whsec_…` */
  secret: string
  /** Of the message, the same in every attempt. */
  id: string
  rules: UpstreamUrl.Rules
  /** Whether this deployment may call URLs at all. */
  mayCall: boolean
}

/** `now`: Unix milliseconds. */
export async function webhook(hook: Hook, message: Alert.Message, now: number): Promise<Answer> {
  // The name was good when it was written; what may be called can have changed since.
  if (!hook.mayCall || !UpstreamUrl.check(hook.url, hook.rules).ok) return { ok: false, error: 'url_refused' }
  const secret = WebhookSignature.parseSecret(hook.secret)
  if (secret === undefined) return { ok: false, error: 'not_signed', isFinal: true }
  const { type, data } = Alert.webhook(message)
  const body = JSON.stringify({ type, id: hook.id, timestamp: new Date(message.to).toISOString(), data })
  const signed = WebhookSignature.headers([secret], { id: hook.id, timestamp: Math.floor(now / 1_000), body })
  const reply = await post(hook.url, { ...signed, 'content-type': 'application/json' }, body)
  if ('error' in reply) return { ok: false, error: reply.error }
  const { status, retryAfter } = reply
  if (status >= 200 && status < 300) return { ok: true, code: status }
  if (status === 410) return { ok: false, code: status, error: 'gone', isFinal: true }
  if (status >= 300 && status < 400) return { ok: false, code: status, error: 'redirect_refused' }
  const isAsked = retryAfter !== null && /^[0-9]{1,6}$/.test(retryAfter) && (status === 429 || status === 503)
  return {
    ok: false,
    code: status,
    error: status === 429 ? 'rate_limited' : 'refused',
    ...(isAsked ? { retryAfterMs: longest(Number(retryAfter)) } : {}),
  }
}
