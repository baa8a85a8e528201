/** Payments that nobody may be served for. All are worthless: garbage, forgeries, and the word of an empty wallet. */
import * as Authorization from '@pbstream/core/Authorization'
import * as Base64 from '@pbstream/core/Base64'
import type { Offer } from '@pbstream/core/Challenge'
import { fromBytes, type Hex, isAddress, lower } from '@pbstream/core/Hex'
import * as Network from '@pbstream/core/Network'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import { answered, type Ask, type Seen, type Silence } from './Ask.ts'
import type { Checks } from './Checks.ts'
import type { Terms } from './Unpaid.ts'

/** Longer than any payment, and shorter than what common servers refuse by themselves. */
const TOO_LONG = 9_000

/** Random bytes and the time, so that tests can fix them. */
export type Ports = { random(bytes: number): Uint8Array; now(): number }

/** Sends each wrong payment once. */
export async function wrongPayments(checks: Checks, ask: Ask, terms: Terms, ports: Ports): Promise<void> {
  const header = terms.required === undefined ? 'X-PAYMENT' : 'PAYMENT-SIGNATURE'
  const send = async (name: string, what: string, value: string) =>
    judge(checks, name, what, await ask({ [header]: value }))
  await send('wrong-garbage', 'a payment that is no base64', '!!! not a payment !!!')
  await send('wrong-empty', 'a payment of empty JSON', Base64.encodeJson({}))
  await send('wrong-long', `a payment of ${TOO_LONG} bytes`, 'A'.repeat(TOO_LONG))
  const { required } = terms
  const exact = required?.accepts.find((offer) => offer.scheme === 'exact' && isEvm(offer))
  if (required === undefined || exact === undefined) {
    checks.skip('wrong-forged', 'no offer by exact on an EVM chain')
    checks.skip('wrong-unfunded', 'no offer by exact on an EVM chain')
  } else {
    const payment = {
      x402Version: 2,
      resource: required.resource,
      accepted: exact,
      extensions: required.extensions ?? {},
    }
    const { forged, unfunded } = await authorizations(exact, ports)
    const encoded = (payload: object) => Base64.encodeJson({ ...payment, payload })
    await send('wrong-forged', 'an authorisation that another key signed', encoded(forged))
    await send('wrong-unfunded', 'an authorisation of a wallet without money', encoded(unfunded))
  }
  judge(checks, 'wrong-then-unpaid', 'an unpaid request after all that', await ask(), 402)
}

function judge(checks: Checks, name: string, what: string, seen: Seen | Silence, only?: number): void {
  if (!answered(seen)) {
    checks.warn(
      name,
      `${what}: ${seen.why === 'timeout' ? 'no answer in time' : 'the connection broke'}`,
      'Answer 400 or 402: a client that gets no answer tries again.',
    )
    return
  }
  const { status, headers } = seen
  const found = `${what}: ${status}`
  if (status < 400) {
    checks.fail(name, found, 'It was served. Verify payments before the answer is made, and never fail open.')
  } else if (status >= 500) {
    checks.fail(
      name,
      found,
      'Answer 400 or 402 to what a caller sends: a 5xx says that you are at fault, and clients try again.',
    )
  } else if (only !== undefined && status !== only) {
    checks.warn(name, found, `Answer ${only}: somebody else’s wrong payment must not lock a caller out.`)
  } else if (status === 402 && headers.get('payment-required') === null && !/"accepts"/.test(seen.body)) {
    checks.warn(name, `${found} without offers`, 'Send the offers with every 402, so that the client can pay rightly.')
  } else checks.pass(name, found)
}

function isEvm({ network, asset, payTo, amount, extra }: Offer): boolean {
  return (
    Network.chainId(network) !== undefined &&
    isAddress(asset) &&
    isAddress(payTo) &&
    /^\d{1,38}$/.test(amount) &&
    typeof extra?.['name'] === 'string' &&
    typeof extra['version'] === 'string'
  )
}

/** Both are well formed; the wallet of the second signed it itself, and is a minute old at most. */
async function authorizations(offer: Offer, { random, now }: Ports): Promise<{ forged: object; unfunded: object }> {
  const wallet = NobleSigner.create(fromBytes(random(32)))
  const stranger = NobleSigner.create(fromBytes(random(32)))
  const domain = Authorization.domainSeparator({
    chainId: Network.chainId(offer.network) as number,
    token: lower(offer.asset as Hex),
    tokenName: offer.extra['name'] as string,
    tokenVersion: offer.extra['version'] as string,
  })
  const unsigned = {
    from: wallet.address,
    to: lower(offer.payTo as Hex),
    value: BigInt(offer.amount),
    validAfter: 0n,
    validBefore: BigInt(now() + Math.min(60, offer.maxTimeoutSeconds)),
    nonce: fromBytes(random(32)),
  }
  const digest = Authorization.transferDigest(domain, unsigned)
  const { value, validAfter, validBefore } = unsigned
  const authorization = { ...unsigned, value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` }
  return {
    forged: { signature: await stranger.sign(digest), authorization },
    unfunded: { signature: await wallet.sign(digest), authorization },
  }
}
