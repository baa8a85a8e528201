/** What tests of the Worker share: its bindings, the servers that alerts go to, channels and messages. */
import { env as given } from 'cloudflare:workers'
import type { Message } from '@pbstream/core/Alert'
import { ALERT_CHANNEL, type AlertChannelConfig, type ChannelTarget } from '@pbstream/core/message/AlertChannels'
import * as Seal from '@pbstream/core/Seal'
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import { open } from '@pbstream/db/Database'
import type { Mail } from '@pbstream/test/support/SmtpBox.ts'
import type { TelegramMessage } from '@pbstream/test/support/TelegramServer.ts'
import { inject } from 'vitest'
import type { Env } from '../src/Env.ts'
import type { Script, Seen } from './servers.ts'

export const env = given as unknown as Env
export const db = open(env)
export const TOKEN = '123456:the-token-of-the-bot'
export const SECRET = WebhookSignature.formatSecret(new Uint8Array(32).fill(7))

export const control = inject('control' as never) as string
export const rudePort = inject('rudePort' as never) as string
export const loginPort = inject('loginPort' as never) as string
export const tlsPort = inject('tlsPort' as never) as string

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${control}${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) })
  return (await response.json()) as T
}

export const servers = {
  reset: () => ask('/reset'),
  flood: (after: number) => ask(`/telegram/flood?after=${after}`),
  block: () => ask('/telegram/block'),
  fail: () => ask('/telegram/fail'),
  telegram: () => ask<{ messages: TelegramMessage[]; tries: number }>('/telegram'),
  mails: () => ask<Mail[]>('/mails'),
  script: (script: Script) => ask('/script', script),
  heard: () => ask<string[]>('/heard'),
  hookAnswers: (answers: { status: number; headers?: Record<string, string> }[]) => ask('/hook/answers', answers),
  hooks: () => ask<Seen[]>(`/hooks?secret=${encodeURIComponent(SECRET)}`),
}

let names = 0

/** A channel with its secret sealed as control does it. */
export async function channelOf(
  target: ChannelTarget,
  secret: string | null,
  more: Partial<AlertChannelConfig> = {},
): Promise<AlertChannelConfig> {
  const id = `ach_${++names}`
  const place = { secret: env.ALERT_SECRET!, purpose: ALERT_CHANNEL, place: id }
  return {
    id,
    name: 'On call',
    scope: 'provider:p',
    target,
    wishes: {
      from: 'info',
      groupMs: 0,
      limit: { messages: 100, perMs: 1_000 },
      retry: { tries: 3, firstMs: 1_000, longestMs: 10_000 },
    },
    sealed: secret === null ? null : await Seal.seal(crypto, place, secret),
    enabled: true,
    language: 'en',
    revision: 1,
    ...more,
  }
}

export function messageOf(title: string, text = 'because'): Message {
  const at = Date.UTC(2026, 4, 5, 6, 7, 8)
  const alert = { at, severity: 'high', group: 'g', title, text } as const
  return { id: 7, severity: 'high', from: at, to: at, count: 1, alerts: [alert] }
}
