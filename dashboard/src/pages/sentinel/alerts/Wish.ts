/** An alert channel between its form and the API. Pure. */
import type { Channel, ChannelEdit, NewChannel, Severity } from '../Types.ts'

export type Kind = Channel['kind']
/** What the form holds: all of it, also what is switched off, so that switching back loses nothing. */
export type Wish = {
  name: string
  kind: Kind
  chat: string
  token: string
  to: string
  url: string
  from: Severity
  language: 'en' | 'zh'
  groupSeconds: number
  messages: number
  perSeconds: number
  hasDigest: boolean
  digest: { below: Severity; everySeconds: number }
  hasQuiet: boolean
  quiet: { zone: string; from: string; to: string; but: Severity }
  retry: { tries: number; firstSeconds: number; longestSeconds: number }
}

/** As the service has it where nothing is said. */
export function beginning(zone: string, language: 'en' | 'zh'): Wish {
  return {
    ...{ name: '', kind: 'email', chat: '', token: '', to: '', url: '' },
    ...{ from: 'medium', language, groupSeconds: 30, messages: 20, perSeconds: 3_600 },
    ...{ hasDigest: false, digest: { below: 'medium', everySeconds: 3_600 } },
    ...{ hasQuiet: false, quiet: { zone, from: '22:00', to: '07:00', but: 'critical' } },
    retry: { tries: 8, firstSeconds: 10, longestSeconds: 3_600 },
  }
}

export function wishOf(channel: Channel, zone: string): Wish {
  const start = beginning(zone, channel.language)
  const { name, kind, target, from, groupSeconds, limit, digest, quiet, retry } = channel
  return {
    ...start,
    ...{ name, kind, from, groupSeconds, retry, ...limit },
    ...(target.kind === 'telegram' ? { chat: target.chat } : {}),
    ...(target.kind === 'email' ? { to: target.to } : {}),
    ...(target.kind === 'webhook' ? { url: target.url } : {}),
    ...(digest === null ? {} : { hasDigest: true, digest }),
    ...(quiet === null ? {} : { hasQuiet: true, quiet }),
  }
}

export type Wrong = Partial<Record<'name' | 'chat' | 'token' | 'to' | 'url' | 'zone' | 'clock' | 'retry', true>>

const CHAT = /^(?:-?[1-9][0-9]{0,15}|@[A-Za-z][A-Za-z0-9_]{4,31})$/
const TOKEN = /^[1-9][0-9]{4,19}:[A-Za-z0-9_-]{30,64}$/
const ADDRESS = /^[^\s@]{1,64}@[^\s@]+\.[^\s@.]{2,63}$/
const CLOCK = /^([01][0-9]|2[0-3]):[0-5][0-9]$/

/** `isNew`: a token is needed; of one that is there it may be left out. */
export function wrongOf(wish: Wish, isNew: boolean): Wrong {
  const { kind, name, chat, token, to, url, hasQuiet, quiet, retry } = wish
  const needsToken = isNew || token !== ''
  const found: [keyof Wrong, boolean][] = [
    ['name', name.trim() === ''],
    ['chat', kind === 'telegram' && !CHAT.test(chat.trim())],
    ['token', kind === 'telegram' && needsToken && !TOKEN.test(token.trim())],
    ['to', kind === 'email' && !ADDRESS.test(to.trim())],
    ['url', kind === 'webhook' && !isHttps(url.trim())],
    ['zone', hasQuiet && !isZone(quiet.zone)],
    ['clock', hasQuiet && (!CLOCK.test(quiet.from) || !CLOCK.test(quiet.to) || quiet.from === quiet.to)],
    ['retry', retry.longestSeconds < retry.firstSeconds],
  ]
  return Object.fromEntries(found.filter(([, isWrong]) => isWrong).map(([field]) => [field, true]))
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone !== ''
  } catch {
    return false
  }
}

function isHttps(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:'
}

export function toNew(wish: Wish): NewChannel {
  const { kind, chat, token, to, url } = wish
  const common = commonOf(wish)
  if (kind === 'telegram') return { ...common, target: { kind, chat: chat.trim(), token: token.trim() } }
  if (kind === 'email') return { ...common, target: { kind, to: to.trim() } }
  return { ...common, target: { kind, url: url.trim() } }
}

/** The target goes along only where it changed: another address has to be confirmed anew. */
export function toEdit(wish: Wish, before: Channel): ChannelEdit {
  const { kind, chat, token, to, url } = wish
  const { target } = before
  const common = commonOf(wish)
  if (kind === 'telegram') {
    const same = target.kind === kind && target.chat === chat.trim() && token === ''
    return same
      ? common
      : { ...common, target: { kind, chat: chat.trim(), ...(token === '' ? {} : { token: token.trim() }) } }
  }
  if (kind === 'email') {
    return target.kind === kind && target.to === to.trim() ? common : { ...common, target: { kind, to: to.trim() } }
  }
  return target.kind === kind && target.url === url.trim() ? common : { ...common, target: { kind, url: url.trim() } }
}

function commonOf({ name, from, language, groupSeconds, messages, perSeconds, hasDigest, digest, ...rest }: Wish) {
  const { hasQuiet, quiet, retry } = rest
  return {
    ...{ name: name.trim(), from, language, groupSeconds, limit: { messages, perSeconds } },
    ...{ digest: hasDigest ? digest : null, quiet: hasQuiet ? quiet : null, retry },
  }
}
