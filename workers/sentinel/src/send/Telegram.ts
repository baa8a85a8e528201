/** Telegram's Bot API, `sendMessage`: core.telegram.org/bots/api. The bot's token is in the URL, which is never logged. */
import * as Alert from '@pbstream/core/Alert'
import type { Language } from '@pbstream/core/message/AlertChannels'
import type { Answer } from '@pbstream/alert-channel/Port'
import * as z from 'zod'
import { longest, post } from './Http.ts'

const TOKEN = /^[0-9]{1,20}:[A-Za-z0-9_-]{1,100}$/

const answer = z.object({
  ok: z.boolean(),
  error_code: z.number().optional(),
  parameters: z.object({ retry_after: z.number().nonnegative().optional() }).optional(),
})

/** `base`: of the Bot API, without a slash at the end. */
export type Bot = { base: string; token: string }

export async function telegram(
  { base, token }: Bot,
  chat: string,
  message: Alert.Message,
  language: Language,
): Promise<Answer> {
  return say({ base, token }, chat, Alert.telegram(message, language))
}

async function say({ base, token }: Bot, chat: string, text: string): Promise<Answer> {
  if (!TOKEN.test(token)) return { ok: false, error: 'token_malformed', isFinal: true }
  const body = JSON.stringify({
    chat_id: /^-?[0-9]{1,15}$/.test(chat) ? Number(chat) : chat,
    text,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  })
  const reply = await post(`${base}/bot${token}/sendMessage`, { 'content-type': 'application/json' }, body)
  if ('error' in reply) return { ok: false, error: reply.error }
  const { status } = reply
  const { data } = answer.safeParse(parsed(reply.text))
  if (status === 200 && data?.ok === true) return { ok: true, code: 200 }
  const code = data?.error_code ?? status
  if (code === 429) {
    const seconds = data?.parameters?.retry_after
    return {
      ok: false,
      code,
      error: 'rate_limited',
      ...(seconds === undefined ? {} : { retryAfterMs: longest(seconds) }),
    }
  }
  // The chat is not there, the bot was blocked or its token is no longer good: another try would say the same.
  const isFinal = code === 400 || code === 401 || code === 403 || code === 404
  return { ok: false, code, error: wordFor(code), ...(isFinal ? { isFinal } : {}) }
}

function wordFor(code: number): string {
  if (code === 401 || code === 404) return 'token_refused'
  if (code === 403) return 'blocked'
  return code === 400 ? 'chat_refused' : 'refused'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
