/** Are these offers that an x402 client can pay? Pure. Facts: x402 v2 and v1, schemes `exact` and `batch-settlement`. */
import * as Amount from '@pbstream/core/Amount'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { isAddress, zeroAddress } from '@pbstream/core/Hex'
import * as Network from '@pbstream/core/Network'
import type { Flaw } from './Checks.ts'

type Json = Record<string, unknown>

/** The longest payment that is usual, in seconds. */
const LONG_SECONDS = 600

const fail = (found: string, advice: string): Flaw => ({ status: 'fail', found, advice })
const warn = (found: string, advice: string): Flaw => ({ status: 'warn', found, advice })

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is wrong with an x402 v2 `PaymentRequired`, but for its offers. */
export function requiredFlaws(value: unknown): Flaw[] {
  if (!isObject(value)) return [fail('it is no JSON object', 'Send base64 of an x402 v2 PaymentRequired.')]
  const flaws: Flaw[] = []
  const { x402Version, resource, accepts, extensions } = value
  if (x402Version !== 2) flaws.push(fail(`x402Version is ${JSON.stringify(x402Version)}`, 'Set x402Version to 2.'))
  if (!isObject(resource) || typeof resource['url'] !== 'string' || resource['url'] === '') {
    flaws.push(fail('resource.url is missing', 'Name what is sold: resource: { url }.'))
  } else flaws.push(...describedFlaws(resource))
  if (!Array.isArray(accepts) || accepts.length === 0) {
    flaws.push(fail('accepts is empty', 'Offer at least one way to pay in accepts.'))
  }
  if (extensions !== undefined && extensions !== null && !isObject(extensions)) {
    flaws.push(fail('extensions is no object', 'Make extensions an object, or leave it out.'))
  }
  for (const [name, extension] of Object.entries(isObject(extensions) ? extensions : {})) {
    if (isObject(extension) && isObject(extension['info'])) continue
    flaws.push(
      warn(`the extension ${name} has no info`, 'Give each extension { info, schema }; clients echo it whole.'),
    )
  }
  return flaws
}

/** Official clients refuse a description beyond these bounds, offers and all. */
function describedFlaws(resource: Json): Flaw[] {
  const short = (value: unknown) => typeof value === 'string' && /^[\x20-\x7e]{1,32}$/.test(value)
  const { serviceName, tags } = resource
  const flaws: Flaw[] = []
  if (serviceName !== undefined && serviceName !== null && !short(serviceName)) {
    flaws.push(
      warn('resource.serviceName is not 1 to 32 visible ASCII characters', 'Shorten it: some clients refuse it.'),
    )
  }
  if (tags !== undefined && tags !== null && !(Array.isArray(tags) && tags.length <= 5 && tags.every(short))) {
    flaws.push(warn('resource.tags are not up to 5 words of up to 32 ASCII characters', 'Shorten or drop them.'))
  }
  return flaws
}

/** What is wrong with one offer of x402 v2. */
export function offerFlaws(value: unknown): Flaw[] {
  if (!isObject(value)) return [fail('an offer is no object', 'Write each offer as PaymentRequirements.')]
  const { scheme, network, asset, amount, payTo, maxTimeoutSeconds } = value
  const flaws: Flaw[] = []
  if (typeof scheme !== 'string' || scheme === '')
    flaws.push(fail('scheme is missing', 'Name a scheme, such as exact.'))
  if (typeof network !== 'string' || !/^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$/.test(network)) {
    flaws.push(fail('network is not CAIP-2', 'Write it as eip155:8453.'))
  }
  if (Amount.tryParse(amount) === undefined) {
    flaws.push(
      fail('amount is no decimal string of atomic units', 'Write "1000" for 0.001 USDC: no point, no number type.'),
    )
  } else if (amount === '0') flaws.push(warn('amount is 0', 'Answer without a 402 when nothing is to be paid.'))
  flaws.push(...timeoutFlaws(maxTimeoutSeconds))
  const evm = typeof network === 'string' && Network.chainId(network) !== undefined
  if (evm) flaws.push(...evmFlaws(value))
  else if (typeof asset !== 'string' || asset === '' || typeof payTo !== 'string' || payTo === '') {
    flaws.push(fail('asset or payTo is missing', 'Say what is paid, and to whom.'))
  }
  return flaws
}

function timeoutFlaws(seconds: unknown): Flaw[] {
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds <= 0) {
    return [fail('maxTimeoutSeconds is no positive whole number', 'Set it to 60 or so.')]
  }
  if (seconds <= LONG_SECONDS) return []
  return [
    warn(
      `maxTimeoutSeconds is ${seconds}`,
      `An authorisation that is good for so long can be kept and used late: ${LONG_SECONDS} at most.`,
    ),
  ]
}

function evmFlaws({ scheme, asset, payTo, extra }: Json): Flaw[] {
  const flaws: Flaw[] = []
  if (!isAddress(asset)) flaws.push(fail('asset is no address', 'Give the address of the token contract.'))
  if (!isAddress(payTo)) flaws.push(fail('payTo is no address', 'Give the address that is paid.'))
  else if (payTo.toLowerCase() === zeroAddress) {
    flaws.push(fail('payTo is the zero address', 'Payments would be burnt: give the address that is paid.'))
  }
  const more = isObject(extra) ? extra : {}
  const permit2 = more['assetTransferMethod'] === 'permit2'
  const named = typeof more['name'] === 'string' && typeof more['version'] === 'string'
  if ((scheme === 'exact' || scheme === 'batch-settlement') && !permit2 && !named) {
    flaws.push(
      fail(
        'extra.name or extra.version is missing',
        'Give the EIP-712 name and version of the token: clients sign with them.',
      ),
    )
  }
  return scheme === 'batch-settlement' ? [...flaws, ...channelFlaws(more)] : flaws
}

function channelFlaws({ receiverAuthorizer, withdrawDelay, minDeposit }: Json): Flaw[] {
  const flaws: Flaw[] = []
  if (!isAddress(receiverAuthorizer) || receiverAuthorizer.toLowerCase() === zeroAddress) {
    flaws.push(
      fail(
        'extra.receiverAuthorizer is no address',
        'Give the key that signs claims: clients put it into the channel.',
      ),
    )
  }
  const { MIN_WITHDRAW_DELAY: least, MAX_WITHDRAW_DELAY: most } = ChannelConfig
  if (typeof withdrawDelay !== 'number' || !(withdrawDelay >= least && withdrawDelay <= most)) {
    flaws.push(
      fail(`extra.withdrawDelay is not ${least} to ${most}`, 'The contract refuses channels with any other delay.'),
    )
  }
  if (minDeposit !== undefined && Amount.tryParse(minDeposit) === undefined) {
    flaws.push(warn('extra.minDeposit is no decimal string', 'Write it in atomic units, or leave it out.'))
  }
  return flaws
}

/** What is wrong with the body of a 402 in x402 v1, as seen beside the v2 offers. */
export function bodyV1Flaws(body: Json, v2: readonly Json[]): Flaw[] {
  const { accepts } = body
  if (!Array.isArray(accepts)) return [fail('x402Version is 1 and accepts is no list', 'List the offers in accepts.')]
  return accepts.flatMap((offer: unknown) => {
    if (!isObject(offer)) return [fail('an offer of x402 v1 is no object', 'Write each as PaymentRequirements of v1.')]
    const { scheme, network, maxAmountRequired, resource, payTo, asset } = offer
    const texts = { scheme, network, maxAmountRequired, resource, payTo, asset }
    const missing = Object.entries(texts).filter(([, value]) => typeof value !== 'string' || value === '')
    if (missing.length > 0) {
      return [
        fail(`x402 v1: ${missing.map(([name]) => name).join(', ')} missing`, 'Complete the offer, or leave v1 out.'),
      ]
    }
    const twin = v2.find((each) => each['scheme'] === scheme && each['network'] === Network.fromV1(network as string))
    if (twin === undefined || (twin['amount'] === maxAmountRequired && twin['payTo'] === payTo)) return []
    return [fail('v1 and v2 name another amount or receiver for the same way to pay', 'Make them from the same offer.')]
  })
}
