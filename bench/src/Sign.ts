/** Signs vouchers and quotes ahead, in a process of its own, so that nobody signs while something is measured. */
import { createPrivateKey, randomBytes, sign as signBytes } from 'node:crypto'
import type { Hex } from '@pbstream/core/Hex'
import type * as Jws from '@pbstream/core/Jws'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as Quote from '@pbstream/core/Quote'
import * as Voucher from '@pbstream/core/Voucher'
import { serve } from './Child.ts'
import type { Ticket } from './Lane.ts'

export type SignOrder = {
  chainId: number
  channelId: Hex
  /** Private key of the voucher's signer. */
  key: Hex
  /** Totals `from + price`, `from + 2 × price`, … */
  from: bigint
  price: bigint
  count: number
  /** A quote to copy, each time with an id of its own, as if every call had asked for its price first. */
  quote?: {
    token: string
    /** The gateway's key: Ed25519 JWK as JSON. */
    gatewayKey: string
  }
}

const quoteSeconds = 3600

async function sign({ chainId, channelId, key, from, price, count, quote }: SignOrder): Promise<Ticket[]> {
  const signer = NobleSigner.create(key)
  const separator = Voucher.domainSeparator(chainId)
  const nextQuote = quote === undefined ? undefined : quoteCopier(quote)
  const tickets: Ticket[] = []
  for (let i = 1; i <= count; i++) {
    const max = from + BigInt(i) * price
    const signature = await signer.sign(Voucher.digest(separator, channelId, max))
    tickets.push({ max: String(max), signature, ...(nextQuote && { quote: await nextQuote() }) })
  }
  return tickets
}

function quoteCopier({ token, gatewayKey }: NonNullable<SignOrder['quote']>): () => Promise<string> {
  const jwk = JSON.parse(gatewayKey) as { kid: string }
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signer: Jws.Signer = { kid: jwk.kid, sign: async (bytes) => signBytes(null, bytes, key) }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Quote.Claims
  const iat = Math.floor(Date.now() / 1000)
  return () =>
    Quote.sign({ ...claims, jti: randomBytes(16).toString('base64url'), iat, exp: iat + quoteSeconds }, signer)
}

serve({ sign })
