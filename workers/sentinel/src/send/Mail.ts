/** A mail as text: RFC 5322, one part of UTF-8 in base64, so that no line can be too long or begin with a full stop. */
import * as Base64 from '@pbstream/core/Base64'

export type Mail = {
  from: string
  to: string
  subject: string
  text: string
  /** Unique for the mail, and the same in every attempt. */
  id: string
  /** Unix milliseconds. */
  at: number
}

/** An address as it can stand in a header and in an SMTP command: nothing in it that either could read otherwise. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/
const LINE = 76
/** Bytes of a part of a header that are one encoded word of at most 75 characters. */
const WORD = 45
const encoder = new TextEncoder()

export function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Lines end with CR LF. */
export function format({ from, to, subject, text, id, at }: Mail): string {
  const body = Base64.encode(encoder.encode(text.replaceAll(/\r?\n/g, '\r\n')))
  return [
    `From: PB-Stream Sentinel <${from}>`,
    `To: <${to}>`,
    `Subject: ${header(subject)}`,
    `Date: ${new Date(at).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@${domainOf(from)}>`,
    'MIME-Version: 1.0',
    'Auto-Submitted: auto-generated',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(body.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []),
    '',
  ].join('\r\n')
}

/** Text of a header as encoded words: no character of it can end the header. */
function header(text: string): string {
  const words: string[] = ['']
  for (const character of text.replaceAll(/[\r\n]+/g, ' ')) {
    const next = words.at(-1)! + character
    if (encoder.encode(next).length > WORD) words.push(character)
    else words[words.length - 1] = next
  }
  return words.map((word) => `=?utf-8?B?${Base64.encode(encoder.encode(word))}?=`).join('\r\n ')
}
