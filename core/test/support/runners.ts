/**
 * What is done with the input of each vector file, by file name. Other languages run the same files with their own.
 *
 * Integers beyond 2^53 travel as decimal strings.
 */
import * as Amount from '@pbstream/core/Amount'
import * as Authorization from '@pbstream/core/Authorization'
import * as Challenge from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import * as Credential from '@pbstream/core/Credential'
import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'
import { type Address, fromBytes, type Hex, toBytes } from '@pbstream/core/Hex'
import type * as Jwk from '@pbstream/core/Jwk'
import * as NobleRecover from '@pbstream/core/NobleRecover'
import * as PackedRows from '@pbstream/core/PackedRows'
import * as Path from '@pbstream/core/Path'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import * as Receipt from '@pbstream/core/Receipt'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import * as SessionKey from '@pbstream/core/SessionKey'
import * as Voucher from '@pbstream/core/Voucher'
import * as Ed25519 from './Ed25519.ts'
import { sessionRunners } from './sessionRunners.ts'

export type Outcome = { result: 'valid'; output: unknown } | { result: 'invalid'; output?: unknown }
type Runner = (input: never) => Outcome | Promise<Outcome>

const valid = (output: unknown): Outcome => ({ result: 'valid', output })
const invalid = (output?: unknown): Outcome => ({ result: 'invalid', ...(output === undefined ? {} : { output }) })

export const runners: Record<string, Runner> = {
  'amount-parse': ({ text }: { text: string }) => {
    const amount = Amount.tryParse(text)
    return amount === undefined ? invalid() : valid({ hex: amount.toString(16) })
  },

  'price-parse': ({ text, decimals }: { text: string; decimals: number }) =>
    unlessThrown(Amount.InvalidAmountError, () => ({ amount: Amount.toString(Amount.parseUnits(text, decimals)) })),

  'channel-id': ({ chainId, contract, config }: { chainId: number; contract: Address; config: unknown }) =>
    unlessThrown(ChannelConfig.InvalidChannelConfigError, () => ({
      id: ChannelConfig.id(ChannelConfig.parse(config), Voucher.domainSeparator(chainId, contract)),
    })),

  'voucher-eip712': (input: VoucherInput) => {
    const separator = Voucher.domainSeparator(input.chainId, input.contract)
    const digest = Voucher.digest(separator, input.channelId, Amount.parse(input.max))
    return signedBy(digest, input.signature, input.signer)
  },

  'claim-batch-eip712': (input: ClaimBatchInput) => {
    const entries = input.entries.map(({ channelId, max, total }) => ({
      channelId,
      max: Amount.parse(max),
      total: Amount.parse(total),
    }))
    const digest = Voucher.claimBatchDigest(Voucher.domainSeparator(input.chainId, input.contract), entries)
    return signedBy(digest, input.signature, input.signer)
  },

  'authorization-eip712': (input: AuthorizationInput) => {
    const { from, to, nonce } = input.authorization
    const { primaryType, token } = input
    const unsigned: Authorization.Unsigned = {
      from,
      to,
      nonce,
      value: Amount.parse(input.authorization.value),
      validAfter: BigInt(input.authorization.validAfter),
      validBefore: BigInt(input.authorization.validBefore),
    }
    const digest =
      primaryType === 'TransferWithAuthorization' ? Authorization.transferDigest : Authorization.receiveDigest
    return signedBy(digest(Authorization.domainSeparator(token), unsigned), input.signature, from)
  },

  'session-key-eip712': (input: SessionKeyInput) =>
    unlessRefused(SessionKey.InvalidPermissionError, ['field'], () => {
      const permission = SessionKey.parse(input.permission)
      const separator = Voucher.escrowDomainSeparator(input.chainId, input.contract)
      const { oldKeyId, version, deadline } = input
      const keyId = SessionKey.keyId(permission, separator)
      const change = { keyId, version, deadline }
      const rotation = {
        oldKeyId,
        newPermission: permission,
        maxUsage: Amount.parse(input.maxUsage),
        version,
        deadline,
      }
      return {
        structHash: fromBytes(SessionKey.permissionHash(permission)),
        keyId,
        register: fromBytes(SessionKey.registerDigest(separator, { permission, deadline })),
        freeze: fromBytes(SessionKey.freezeDigest(separator, change)),
        unfreeze: fromBytes(SessionKey.unfreezeDigest(separator, change)),
        revoke: fromBytes(SessionKey.revokeDigest(separator, change)),
        rotate: fromBytes(SessionKey.rotateDigest(separator, rotation)),
      }
    }),

  'session-key-terms': (input: unknown) =>
    unlessRefused(SessionKey.InvalidPermissionError, ['field'], () => SessionKey.toJson(SessionKey.parse(input))),

  'escrow-channel': (input: EscrowChannelInput) => {
    const separator = Voucher.escrowDomainSeparator(input.chainId, input.contract)
    const channel = ChannelConfig.parse(input.config)
    const [max, total] = [Amount.parse(input.max), Amount.parse(input.total)]
    const channelId = ChannelConfig.id(channel, separator)
    const voucher = Voucher.digest(separator, channelId, max)
    const refund = { channelId, nonce: BigInt(input.refund.nonce), amount: Amount.parse(input.refund.amount) }
    const output = {
      channelId,
      voucher: fromBytes(voucher),
      claimBatch: fromBytes(Voucher.claimBatchDigest(separator, [{ channelId, max, total }])),
      refund: fromBytes(Voucher.refundDigest(separator, refund)),
    }
    const signed = NobleRecover.recover(voucher, input.signature) === channel.payerAuthorizer
    return signed ? valid(output) : invalid(output)
  },

  'cancel-withdraw-eip712': (input: CancelWithdrawInput) => {
    const separator = Voucher.escrowDomainSeparator(input.chainId, input.contract)
    const channel = ChannelConfig.parse(input.config)
    const cancel = { channelId: ChannelConfig.id(channel, separator), initiatedAt: input.initiatedAt }
    return signedBy(Voucher.cancelWithdrawDigest(separator, cancel), input.signature, channel.payer)
  },

  'packed-rows': (input: PackedRowsInput) =>
    unlessRefused(PackedRows.InvalidRowError, ['index', 'field'], () => {
      const separator = Voucher.escrowDomainSeparator(input.chainId, input.contract)
      const rows = input.rows.map(({ config, max, total, signature }) => ({
        config: ChannelConfig.parse(config),
        max: Amount.parse(max),
        total: Amount.parse(total),
        signature,
      }))
      const entries = rows.map(({ config, ...row }) => ({ channelId: ChannelConfig.id(config, separator), ...row }))
      return { ...PackedRows.encode(rows), claimBatch: fromBytes(Voucher.claimBatchDigest(separator, entries)) }
    }),

  'signature-recover': ({ digest, signature }: { digest: Hex; signature: Hex }) => {
    const address = NobleRecover.recover(toBytes(digest), signature)
    return address === undefined ? invalid() : valid({ address })
  },

  'challenge-header': ({ header }: { header: string }) => given(Challenge.decode(header)),

  'payment-response': ({ header }: { header: string }) => given(PaymentResponse.decode(header)),

  credential: ({ header }: { header: string }) => {
    const result = Credential.decode(header)
    return 'error' in result ? invalid({ error: result.error, detail: result.detail }) : valid(plain(result))
  },

  'quote-jws': async ({ token, keys, now, expected }: TokenInput & { expected: Quote.Expected }) =>
    verdict(await Quote.verify(token, await Ed25519.keys(...keys), now, expected)),

  'receipt-jws': async ({ token, keys }: TokenInput) =>
    verdict(await Receipt.verify(token, await Ed25519.keys(...keys))),

  'payment-token-jws': async ({ token, keys, now, audience }: TokenInput & { audience: string }) =>
    verdict(await PaymentToken.verify(token, await Ed25519.keys(...keys), now, audience)),

  path: ({ url }: { url: string }) => {
    const { ok, ...rest } = Path.normalise(url)
    return ok ? valid(rest) : invalid()
  },

  'request-digest': ({ method, target, body }: { method: string; target: string; body: Hex }) =>
    unlessThrown(TypeError, () => ({
      digest: RequestBinding.digest(method, target, RequestBinding.bodyDigest(toBytes(body))),
    })),

  'rate-card': ({ card, bounds, usage, terms }: RateInput) =>
    unlessThrown(Rate.InvalidRateError, () => {
      const rate = Rate.parse(card)
      const inputs: Rate.Inputs = bounds === undefined ? {} : { bounds: counts(bounds) }
      const { position, ...rest } = terms
      const at: Rate.Terms =
        position === undefined
          ? rest
          : { ...rest, position: { units: counts(position.units), charged: BigInt(position.charged) } }
      const used = { ...usage, units: counts(usage.units) }
      return {
        ceiling: Rate.ceiling(rate, inputs, at).toString(),
        charge: Rate.charge(rate, used, at).toString(),
        inputsHash: Rate.inputsHash(inputs),
      }
    }),

  'problem-body': ({ code, ...options }: { code: string; detail?: string; requestId?: string }) =>
    Object.hasOwn(errors, code) ? valid(problem(code as ErrorCode, options)) : invalid(),

  ...sessionRunners,
}

type Counts = Record<string, string>
type RateInput = {
  card: unknown
  bounds?: Counts
  usage: { units: Counts; times?: [number, number][] }
  terms: Omit<Rate.Terms, 'position'> & { position?: { units: Counts; charged: string } }
}

function counts(texts: Counts): Rate.Units {
  return Object.fromEntries(Object.entries(texts).map(([unit, count]) => [unit, BigInt(count)]))
}

type VoucherInput = { chainId: number; contract: Address; channelId: Hex; max: string; signature: Hex; signer: Address }
type ClaimBatchInput = Omit<VoucherInput, 'channelId' | 'max'> & {
  entries: { channelId: Hex; max: string; total: string }[]
}
type SessionKeyInput = {
  chainId: number
  contract: Address
  permission: unknown
  oldKeyId: Hex
  maxUsage: string
  version: number
  deadline: number
}
type EscrowChannelInput = Omit<VoucherInput, 'channelId' | 'signer'> & {
  config: unknown
  total: string
  refund: { nonce: string; amount: string }
}
type CancelWithdrawInput = Omit<EscrowChannelInput, 'max' | 'total' | 'refund'> & { initiatedAt: number }
type PackedRowsInput = {
  chainId: number
  contract: Address
  rows: { config: unknown; max: string; total: string; signature: Hex }[]
}
type AuthorizationInput = {
  primaryType: 'TransferWithAuthorization' | 'ReceiveWithAuthorization'
  token: Parameters<typeof Authorization.domainSeparator>[0]
  authorization: { from: Address; to: Address; value: string; validAfter: string; validBefore: string; nonce: Hex }
  signature: Hex
}
type TokenInput = { token: string; keys: Jwk.PublicKey[]; now: number }

function signedBy(digest: Uint8Array, signature: Hex, signer: Address): Outcome {
  const output = { digest: fromBytes(digest) }
  return NobleRecover.recover(digest, signature) === signer ? valid(output) : invalid(output)
}

function given(value: unknown): Outcome {
  return value === undefined ? invalid() : valid(value)
}

function verdict(result: { ok: true; claims: unknown } | { ok: false; code: string }): Outcome {
  return result.ok ? valid({ claims: result.claims }) : invalid({ code: result.code })
}

function unlessThrown(expected: new (...args: never[]) => Error, run: () => unknown): Outcome {
  try {
    return valid(run())
  } catch (error) {
    if (error instanceof expected) return invalid()
    throw error
  }
}

/** As `unlessThrown`, and these members of the error say what was wrong. */
function unlessRefused<E extends Error>(
  expected: new (...args: never[]) => E,
  members: (keyof E & string)[],
  run: () => unknown,
): Outcome {
  try {
    return valid(run())
  } catch (error) {
    if (!(error instanceof expected)) throw error
    return invalid(Object.fromEntries(members.map((member) => [member, error[member]])))
  }
}

/** The same value as JSON has it: integers as decimal strings. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)),
  )
}
