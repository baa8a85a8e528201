/** Orders for changes of session keys: what may be asked for, what of it is signed, and the call that does it. */
import { streamChannelEscrowAbi as abi } from '@pbstream/core/abi/StreamChannelEscrow'
import * as Amount from '@pbstream/core/Amount'
import type { Hash } from '@pbstream/core/Eip712'
import { type Address, type Hex, isAddress, lower } from '@pbstream/core/Hex'
import type { KeyChange, KeyOnChain, KeyRefusal } from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import { encodeFunctionData } from 'viem'
import * as z from 'zod'
import * as Check from './Check.ts'

/** A change as it goes on chain. */
export type Prepared = {
  /** The key that is there afterwards. */
  keyId: Hex
  /** What was signed: it names chain, contract, change and version, so it names the transaction. */
  digest: Hash
  data: Hex
  maxGas: bigint
  deadline: number
  /** Whether the key `keyId`, as the chain has it, shows that the change was made. */
  isDone(key: KeyOnChain): boolean
  /** A rotation: the key that has to be revoked for it to be done. */
  revokes?: Hex
  /** An unfreeze lets a key spend: it is not called done before the account is seen to have signed. */
  proof?: Hex
}

/** Several times what they take with a plain key; a contract account decides how much its signature check burns. */
const CHANGE_GAS = 300_000n
const REGISTER_GAS = 600_000n
const PAYEE_GAS = 30_000n

const UINT32_MAX = 2 ** 32 - 1
const UINT40_MAX = 2 ** 40 - 1

const keyId = z.custom<Hex>(SessionKey.isKeyId, 'not a key id').transform((value) => lower(value))
const address = z.custom<Address>(isAddress, 'not an address').transform((value) => lower(value))
/** 4 KiB: a contract account's signature may be long. */
const signature = z.custom<Hex>(
  (value) => typeof value === 'string' && /^0x([0-9a-fA-F]{2}){1,4096}$/.test(value),
  'not a signature',
)
const version = z.number().int().min(0).max(UINT32_MAX)
const deadline = z.number().int().min(0).max(UINT40_MAX)
const amount = z.string().refine((text) => Amount.tryParse(text) !== undefined, 'not an amount')

const change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('register'), permission: z.unknown(), deadline, signature }),
  z.object({ kind: z.literal('freeze'), keyId, signer: address, version, deadline, signature }),
  z.object({ kind: z.literal('unfreeze'), keyId, version, deadline, signature }),
  z.object({ kind: z.literal('revoke'), keyId, version, deadline, signature }),
  z.object({
    kind: z.literal('rotate'),
    oldKeyId: keyId,
    newPermission: z.unknown(),
    maxUsage: amount,
    version,
    deadline,
    signature,
  }),
])

/** Reads a change. A member that cannot be used is refused by its name. */
export function prepare(given: KeyChange, domain: Hash): Prepared | KeyRefusal {
  const parsed = change.safeParse(given)
  if (!parsed.success) return unusable(parsed.error.issues[0]?.path.join('.') ?? 'change')
  const asked = parsed.data
  try {
    switch (asked.kind) {
      case 'register':
        return register(SessionKey.parse(asked.permission), asked, domain)
      case 'rotate':
        return rotate(SessionKey.parse(asked.newPermission), asked, domain)
      default:
        return stop(asked, domain)
    }
  } catch (error) {
    if (!(error instanceof SessionKey.InvalidPermissionError)) throw error
    return { kind: 'refused', code: 'key_permission_invalid', detail: error.message }
  }
}

type Change = z.output<typeof change>
type Of<K extends Change['kind']> = Extract<Change, { kind: K }>

function register(permission: SessionKey.Permission, asked: Of<'register'>, domain: Hash): Prepared {
  const by = Check.forContract(asked.signature)
  return {
    keyId: SessionKey.keyId(permission, domain),
    digest: SessionKey.registerDigest(domain, { permission, deadline: asked.deadline }),
    data: encodeFunctionData({
      abi,
      functionName: 'registerKeyWithSignature',
      args: [permission, asked.deadline, by],
    }),
    maxGas: registerGas(permission),
    deadline: asked.deadline,
    // A key that is there stays: what stopped it since, its state says.
    isDone: () => true,
  }
}

function rotate(permission: SessionKey.Permission, asked: Of<'rotate'>, domain: Hash): Prepared {
  const { oldKeyId, version: from, deadline: until } = asked
  const maxUsage = Amount.parse(asked.maxUsage)
  const by = Check.forContract(asked.signature)
  return {
    keyId: SessionKey.keyId(permission, domain),
    digest: SessionKey.rotateDigest(domain, {
      oldKeyId,
      newPermission: permission,
      maxUsage,
      version: from,
      deadline: until,
    }),
    data: encodeFunctionData({
      abi,
      functionName: 'rotateKeyWithSignature',
      args: [oldKeyId, permission, maxUsage, from, until, by],
    }),
    maxGas: registerGas(permission),
    deadline: until,
    isDone: () => true,
    revokes: oldKeyId,
  }
}

function stop(asked: Of<'freeze' | 'unfreeze' | 'revoke'>, domain: Hash): Prepared {
  const { keyId: id, version: from, deadline: until } = asked
  const by = Check.forContract(asked.signature)
  const terms = { keyId: id, version: from, deadline: until }
  const common = { keyId: id, maxGas: CHANGE_GAS, deadline: until }
  switch (asked.kind) {
    case 'freeze':
      return {
        ...common,
        digest: SessionKey.freezeDigest(domain, terms),
        data: encodeFunctionData({
          abi,
          functionName: 'freezeKeyWithSignature',
          args: [id, asked.signer, from, until, by],
        }),
        isDone: ({ frozenAt }) => frozenAt !== 0,
      }
    case 'unfreeze':
      return {
        ...common,
        digest: SessionKey.unfreezeDigest(domain, terms),
        data: encodeFunctionData({ abi, functionName: 'unfreezeKeyWithSignature', args: [id, from, until, by] }),
        // One that was not frozen at the version named is no freeze that was lifted.
        isDone: ({ frozenAt, version: now }) => frozenAt === 0 && now > from,
        proof: by,
      }
    case 'revoke':
      return {
        ...common,
        digest: SessionKey.revokeDigest(domain, terms),
        data: encodeFunctionData({ abi, functionName: 'revokeKeyWithSignature', args: [id, from, until, by] }),
        isDone: ({ revokedAt }) => revokedAt !== 0,
      }
  }
}

function registerGas({ payees }: SessionKey.Permission): bigint {
  return REGISTER_GAS + PAYEE_GAS * BigInt(payees.length)
}

export function unusable(member: string): KeyRefusal {
  return { kind: 'refused', code: 'malformed_body', detail: `${member} cannot be used` }
}
