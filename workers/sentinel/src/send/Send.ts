/** One attempt to tell a message on a channel, by its kind. */
import type { Answer, Sending } from '@pbstream/alert-channel/Port'
import { email } from './Email.ts'
import { type Bindings, gateOf, postOf, secretOf, telegramBase } from './Settings.ts'
import { telegram } from './Telegram.ts'
import { webhook } from './Webhook.ts'

const NOT_CONFIGURED: Answer = { ok: false, error: 'not_configured' }

export async function send(env: Bindings, { channel, message }: Sending): Promise<Answer> {
  const { id, target, language } = channel
  // The same in every attempt.
  const messageId = `alert_${id}_${message.id}`.replaceAll(/[^A-Za-z0-9_-]/g, '-')
  switch (target.kind) {
    case 'telegram': {
      // Each channel has its own bot: with one of ours anybody could write to whoever talks to it.
      const token = await secretOf(env, channel)
      if (token === undefined) return NOT_CONFIGURED
      return telegram({ base: telegramBase(env), token }, target.chat, message, language)
    }
    case 'webhook': {
      const secret = await secretOf(env, channel)
      if (secret === undefined) return NOT_CONFIGURED
      return webhook({ url: target.url, secret, id: messageId, ...gateOf(env) }, message, Date.now())
    }
    case 'email':
      return email(postOf(env), target.to, message, { id: messageId, language })
  }
}
