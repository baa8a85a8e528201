/** Messages in the form of each kind of channel. What comes from outside is text in all of them, and never markup. */
import type { Language } from '../message/AlertChannels.ts'
import type { Alert, Message, Severity } from './Alert.ts'

/** What Telegram takes in one message, after its entities are read; we stay below it with them. */
const TELEGRAM = 4_096
const SUBJECT = 120

/** What is said around an alert, whose own texts are in the language already. */
type Words = {
  readonly severity: Readonly<Record<Severity, string>>
  readonly count: (alerts: number) => string
  /** `time` is of the zone UTC. */
  readonly line: (time: string, severity: string, title: string) => string
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    severity: { info: 'info', low: 'low', medium: 'medium', high: 'high', critical: 'critical' },
    count: (alerts) => ` (${alerts} alerts)`,
    line: (time, severity, title) => `${time} UTC, ${severity}: ${title}`,
  },
  zh: {
    severity: { info: '信息', low: '低', medium: '中', high: '高', critical: '严重' },
    count: (alerts) => `（共 ${alerts} 条告警）`,
    line: (time, severity, title) => `${time}（协调世界时），${severity}：${title}`,
  },
}

/** For `sendMessage` with `parse_mode` HTML. */
export function telegram(message: Message, language: Language): string {
  const lines = [`<b>${escape(head(message, language))}</b>`]
  for (const alert of message.alerts.toReversed()) lines.push('', escape(line(alert, language)), escape(alert.text))
  return fit(lines, TELEGRAM)
}

export function email(message: Message, language: Language): { subject: string; text: string } {
  const first = head(message, language)
  const parts = message.alerts.toReversed().map((alert) => `${line(alert, language)}\n${alert.text}`)
  return { subject: cut(first.replaceAll(/\s+/g, ' '), SUBJECT), text: `${[first, ...parts].join('\n\n')}\n` }
}

/** The body of a webhook, for programs: in no language. `id` stays the same when it is sent again. */
export function webhook(message: Message): { type: 'sentinel.alert'; id: string; data: Omit<Message, 'id'> } {
  const { id, ...data } = message
  return { type: 'sentinel.alert', id: String(id), data }
}

function head({ severity, count, alerts }: Message, language: Language): string {
  const of = words[language]
  return `[${of.severity[severity]}] ${alerts.at(-1)?.title ?? ''}${count === 1 ? '' : of.count(count)}`
}

function line({ at, severity, title }: Alert, language: Language): string {
  // Swedes write times as ISO 8601 does.
  const time = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' }).format(at)
  const of = words[language]
  return of.line(time, of.severity[severity], title)
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
