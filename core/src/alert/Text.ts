/** Messages in the form of each kind of channel. What comes from outside is text in all of them, and never markup. */
import type { Alert, Message } from './Alert.ts'

/** What Telegram takes in one message, after its entities are read; we stay below it with them. */
const TELEGRAM = 4_096
const SUBJECT = 120

/** For `sendMessage` with `parse_mode` HTML. */
export function telegram(message: Message): string {
  const lines = [`<b>${escape(head(message))}</b>`]
  for (const alert of message.alerts.toReversed()) lines.push('', escape(line(alert)), escape(alert.text))
  return fit(lines, TELEGRAM)
}

export function email(message: Message): { subject: string; text: string } {
  const subject = cut(head(message).replaceAll(/\s+/g, ' '), SUBJECT)
  const parts = message.alerts.toReversed().map((alert) => `${line(alert)}\n${alert.text}`)
  return { subject, text: `${[head(message), ...parts].join('\n\n')}\n` }
}

/** The body of a webhook; `id` stays the same when it is sent again. */
export function webhook(message: Message): { type: 'sentinel.alert'; id: string; data: Omit<Message, 'id'> } {
  const { id, ...data } = message
  return { type: 'sentinel.alert', id: String(id), data }
}

function head({ severity, count, alerts }: Message): string {
  const title = alerts.at(-1)?.title ?? ''
  return count === 1 ? `[${severity}] ${title}` : `[${severity}] ${title} (${count} alerts)`
}

function line({ at, severity, title }: Alert): string {
  return `${new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' }).format(at)} UTC, ${severity}: ${title}`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Whole lines as far as they fit; an entity or a tag is never cut in two. */
function fit(lines: readonly string[], most: number): string {
  let text = ''
  for (const each of lines) {
    const next = text === '' ? each : `${text}\n${each}`
    if (next.length > most - 2) return text === '' ? cutEscaped(each, most) : `${text}\n…`
    text = next
  }
  return text
}

/** A first line that is too long by itself: its tags are taken off, and no entity is left open at the end. */
function cutEscaped(line: string, most: number): string {
  const plain = line.replaceAll(/<\/?b>/g, '').slice(0, most - 1)
  return `${plain.replace(/&[a-z]*$/, '')}…`
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
