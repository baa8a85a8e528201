/** E-mail: by the deployment's SMTP server where there is one, else by Cloudflare's `send_email` binding. */
import * as Alert from '@pbstream/core/Alert'
import type { Language } from '@pbstream/core/message/AlertChannels'
import type { Answer } from '@pbstream/alert-channel/Port'
import { isAddress, type Mail } from './Mail.ts'
import { smtp, type Connect, type Server } from './Smtp.ts'

/** Of the binding, what is used here. */
export type Binding = {
  send(mail: { from: string; to: string; subject: string; text: string }): Promise<unknown>
}

export type Post = { from?: string; server?: Server; connect: Connect; binding?: Binding }

/** `id`: of the message, the same in every attempt. */
export async function email(
  post: Post,
  to: string,
  message: Alert.Message,
  { id, language }: { id: string; language: Language },
): Promise<Answer> {
  const { subject, text } = Alert.email(message, language)
  return mail(post, { to, subject, text, id, at: message.to })
}

export async function mail({ from, server, connect, binding }: Post, rest: Omit<Mail, 'from'>): Promise<Answer> {
  if (from === undefined || !isAddress(from)) return { ok: false, error: 'not_configured' }
  const whole = { ...rest, from }
  if (server !== undefined) return smtp(connect, server, whole)
  if (binding === undefined) return { ok: false, error: 'not_configured' }
  if (!isAddress(whole.to)) return { ok: false, error: 'address_malformed', isFinal: true }
  try {
    const { to, subject, text } = whole
    await binding.send({ from, to, subject, text })
    return { ok: true }
  } catch {
    // What it throws quotes addresses.
    return { ok: false, error: 'refused' }
  }
}
