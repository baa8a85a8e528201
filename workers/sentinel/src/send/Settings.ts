/** How this deployment sends, from its variables. */
import type { AlertChannelConfig } from '@pbstream/core/message/AlertChannels'
import { ALERT_CHANNEL } from '@pbstream/core/message/AlertChannels'
import * as Seal from '@pbstream/core/Seal'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import { connect } from 'cloudflare:sockets'
import type { Binding, Post } from './Email.ts'
import type { Server } from './Smtp.ts'

export type Bindings = {
  /** 32 bytes or more, that of control: seals the secrets of channels. */
  ALERT_SECRET?: string
  /** Of the Bot API: for a server of one's own. */
  TELEGRAM_URL?: string
  /** Who mails are from. */
  EMAIL_FROM?: string
  EMAIL?: Binding
  SMTP_HOST?: string
  SMTP_PORT?: string
  /** `tls` (from the first byte), `starttls`, or on one machine only `none`. */
  SMTP_SECURITY?: string
  SMTP_USER?: string
  SMTP_PASSWORD?: string
  /** `true` on one machine only: webhooks may go to plain http and private addresses, mails without TLS. */
  INSECURE_UPSTREAMS?: string
  /** Names of this deployment, separated by commas: no webhook may go there. */
  OWN_ZONES?: string
}

const TELEGRAM = 'https://api.telegram.org'
const PORTS = { tls: '465', starttls: '587', none: '25' } as const

export function postOf(env: Bindings): Post {
  const server = serverOf(env)
  return {
    ...(env.EMAIL_FROM === undefined ? {} : { from: env.EMAIL_FROM }),
    ...(server === undefined ? {} : { server }),
    ...(env.EMAIL === undefined ? {} : { binding: env.EMAIL }),
    connect: ({ host, port, security }) => {
      const secureTransport = { tls: 'on', starttls: 'starttls', none: 'off' } as const
      return connect({ hostname: host, port }, { secureTransport: secureTransport[security], allowHalfOpen: false })
    },
  }
}

/** Undefined: there is none, or one that would be spoken to in the clear. */
function serverOf(env: Bindings): Server | undefined {
  const { SMTP_HOST: host, SMTP_SECURITY: security = 'tls' } = env
  if (host === undefined || host === '') return undefined
  if (security !== 'tls' && security !== 'starttls' && security !== 'none') return undefined
  if (security === 'none' && env.INSECURE_UPSTREAMS !== 'true') return undefined
  const port = Number(env.SMTP_PORT ?? PORTS[security])
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  const login =
    env.SMTP_USER === undefined || env.SMTP_PASSWORD === undefined
      ? {}
      : { user: env.SMTP_USER, password: env.SMTP_PASSWORD }
  return { host, port, security, ...login }
}

export function telegramBase(env: Bindings): string {
  return (env.TELEGRAM_URL ?? TELEGRAM).replace(/\/+$/, '')
}

/** What may be called by URL. */
export function gateOf(env: Bindings): { rules: UpstreamUrl.Rules; mayCall: boolean } {
  const rules = UpstreamUrl.rulesOf(env)
  return { rules, mayCall: UpstreamUrl.mayCall(rules, isStrictlyPublic()) }
}

/** The secret of a channel; undefined: it has none, or none that can be opened here. */
export async function secretOf(env: Bindings, { id, sealed }: AlertChannelConfig): Promise<string | undefined> {
  if (sealed === null || env.ALERT_SECRET === undefined) return undefined
  return Seal.open(crypto, { secret: env.ALERT_SECRET, purpose: ALERT_CHANNEL, place: id }, sealed)
}

function isStrictlyPublic(): boolean {
  const { compatibilityFlags } = Cloudflare as { compatibilityFlags?: Record<string, boolean> }
  return compatibilityFlags?.['global_fetch_strictly_public'] === true
}
