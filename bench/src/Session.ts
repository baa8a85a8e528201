import { createHmac, randomUUID } from 'node:crypto'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'
import type { Channel } from './Channel.ts'
import { deposit } from './Settings.ts'

/** An open session on a channel. */
export type Session = { origin: string; token: string; key: string; voucher: { max: bigint; signature: Hex } }

/** More than any run charges, and within the deposit. */
const room = deposit / 2n

/**
 * Opens a session on a channel that is funded.
 *
 * @throws Error when the gateway does not open it.
 */
export async function openSession(gateway: string, channel: Channel): Promise<Session> {
  const endpoint = gateway + OpenSession.PATH
  const info = OpenSession.parseInfo(await (await fetch(endpoint)).json())
  if (info === undefined) throw new Error('the gateway offers no sessions')
  const { channelId, template, charged } = channel
  const key = NobleSigner.create(channel.key)
  const expires = Math.floor(Date.now() / 1_000) + 7_200
  const open = { channelId, gateway: info.gateway, nonce: info.nonce, expires, publicKey: OpenSession.HMAC_PUBLIC_KEY }
  const contract = Voucher.BATCH_SETTLEMENT.contract
  const max = charged + room
  const signature = await key.sign(Voucher.digest(Voucher.domainSeparator(Chain.id), channelId, max))
  const body = Bodies.openJson({
    network: `eip155:${Chain.id}`,
    config: ChannelConfig.parse(template.payload.channelConfig),
    voucher: { max, signature },
    open: {
      nonce: open.nonce,
      expires,
      publicKey: open.publicKey,
      signature: await key.sign(OpenSession.digest(OpenSession.domainSeparator(Chain.id, contract), open)),
    },
  })
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const opened = response.ok ? Answers.parseOpenAnswer(JSON.parse(text)) : undefined
  if (opened?.key === undefined) throw new Error(`no session was opened: ${response.status} ${text}`)
  return { origin: info.gateway, token: opened.token, key: opened.key, voucher: { max, signature } }
}

/** What the session's channel has been charged and has set aside. */
export async function chargedIn(session: Session): Promise<bigint> {
  // The voucher that it was opened with raises nothing; the answer says where the channel stands.
  const body = JSON.stringify(Bodies.raiseJson({ voucher: session.voucher }))
  const parts: HttpSignature.Parts = {
    method: 'POST',
    targetUri: `${session.origin}${OpenSession.PATH}/voucher`,
    contentDigest: HttpSignature.contentDigest(await sha256(body)),
    idempotencyKey: randomUUID(),
    maxPrice: '0',
    session: session.token,
  }
  const created = Math.floor(Date.now() / 1_000)
  const parameters = { created, expires: created + 30, algorithm: 'hmac-sha256' } as const
  const signature = createHmac('sha256', Buffer.from(session.key, 'base64url'))
    .update(HttpSignature.base(parts, parameters))
    .digest()
  const headers = HttpSignature.headers(parts, parameters, signature)
  const response = await fetch(parts.targetUri, { method: 'POST', headers, body })
  const text = await response.text()
  const answer = response.ok ? Answers.parseRaiseAnswer(JSON.parse(text)) : undefined
  if (answer === undefined) throw new Error(`the session does not say what it charged: ${response.status} ${text}`)
  return BigInt(answer.channel.charged)
}

async function sha256(text: string): Promise<Hex> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `0x${Buffer.from(bytes).toString('hex')}`
}
