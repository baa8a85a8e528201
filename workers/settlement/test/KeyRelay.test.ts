import { type Hex, fromBytes } from '@pbstream/core/Hex'
import type { KeyChange, KeyOnChain, KeyOrder } from '@pbstream/core/message/KeyRelay'
import * as SessionKey from '@pbstream/core/SessionKey'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Channel,
  channelState,
  client,
  chainId,
  depositAuthorization,
  domains,
  escrow,
  escrowChannel,
  freezer,
  pass,
  payer,
  random32,
  receiverAuthorizer,
  relayGas,
  sent,
  sessionKey,
  stranger,
  token,
} from './support/chain.ts'
import { receiver } from './support/keys.ts'
import { bindings, keyRelay, lane, told, transactionEvents, until } from './support/worker.ts'

const domain = domains.escrow

afterEach(async () => {
  await client.setAutomine(true)
  await client.mine({ blocks: 2 })
})

const now = async () => Number((await client.getBlock()).timestamp)

async function permission(over: Partial<SessionKey.Permission> = {}): Promise<SessionKey.Permission> {
  const start = await now()
  return {
    account: payer.address,
    key: sessionKey.address,
    token,
    payees: [receiver],
    spendCap: 1_000_000n,
    periodAmount: 0n,
    periodDuration: 0,
    perPaymentMax: 0n,
    start,
    expiry: start + 30 * 86_400,
    freezer: freezer.address,
    salt: random32(),
    ...over,
  }
}

const order = (change: KeyChange, waitMs = 10_000): KeyOrder => ({ chainId, change, waitMs })

async function register(of: SessionKey.Permission, signer = payer, over: { deadline?: number } = {}) {
  const { deadline = (await now()) + 600 } = over
  const signature = await signer.sign(SessionKey.registerDigest(domain, { permission: of, deadline }))
  return order({ kind: 'register', permission: SessionKey.toJson(of), deadline, signature })
}

const digests = {
  freeze: SessionKey.freezeDigest,
  unfreeze: SessionKey.unfreezeDigest,
  revoke: SessionKey.revokeDigest,
}

async function change(kind: 'freeze' | 'unfreeze' | 'revoke', keyId: Hex, version: number, signer = payer) {
  const deadline = (await now()) + 600
  const signature = await signer.sign(digests[kind](domain, { keyId, version, deadline }))
  const common = { keyId, version, deadline, signature }
  return order(kind === 'freeze' ? { kind, ...common, signer: signer.address } : { kind, ...common })
}

async function rotation(
  oldKeyId: Hex,
  next: SessionKey.Permission,
  over: { maxUsage?: bigint; version?: number } = {},
) {
  const { maxUsage = 0n, version = 1 } = over
  const deadline = (await now()) + 600
  const newPermission = SessionKey.toJson(next)
  const terms = { oldKeyId, newPermission: next, maxUsage, version, deadline }
  const signature = await payer.sign(SessionKey.rotateDigest(domain, terms))
  return order({ kind: 'rotate', oldKeyId, newPermission, maxUsage: String(maxUsage), version, deadline, signature })
}

/** A key that was relayed. */
async function registered(over: Partial<SessionKey.Permission> = {}): Promise<KeyOnChain> {
  const reply = await keyRelay.relay(1, await register(await permission(over)))
  if (reply.kind !== 'done') throw new Error(`not registered: ${JSON.stringify(reply)}`)
  return reply.key
}

const stateOf = (keyId: Hex) => keyRelay.keyState(1, { chainId, keyId })

describe('a change that the account signed', () => {
  test('registers a key at our gas; asked again, also at once, it is the same transaction', async () => {
    const of = await permission({ payees: [receiver, stranger.address] })
    const asked = await register(of)
    const before = await sent(relayGas.address)
    const replies = await Promise.all([keyRelay.relay(1, asked), keyRelay.relay(1, asked)])
    const keyId = SessionKey.keyId(of, domain)
    const key = { keyId, version: 1, account: payer.address, key: sessionKey.address, spendCap: 1_000_000n, usage: 0n }
    for (const reply of replies) expect(reply).toMatchObject({ kind: 'done', key, transaction: expect.any(String) })
    const again = await keyRelay.relay(1, asked)
    expect(again).toEqual({ kind: 'done', key: expect.objectContaining(key) })
    expect((await sent(relayGas.address)) - before).toBe(1)
    expect(await stateOf(keyId)).toEqual({ kind: 'known', key: expect.objectContaining(key) })
    await client.mine({ blocks: 2 })
    const digest = SessionKey.registerDigest(domain, { permission: of, deadline: asked.change.deadline })
    await until(async () =>
      transactionEvents(`key:${fromBytes(digest)}`).find(
        ({ status, purpose }) => status === 'confirmed' && purpose === 'key',
      ),
    )
  })

  test('freezes, unfreezes and revokes, each for its version', async () => {
    const { keyId } = await registered()
    const frozen = await keyRelay.relay(1, await change('freeze', keyId, 1))
    expect(frozen).toMatchObject({ kind: 'done', key: { version: 2, frozenAt: expect.any(Number) } })
    const unfreeze = await change('unfreeze', keyId, 2)
    expect(await keyRelay.relay(1, unfreeze)).toMatchObject({ kind: 'done', key: { version: 3, frozenAt: 0 } })
    expect(await keyRelay.relay(1, unfreeze), 'again').toMatchObject({ kind: 'done', key: { version: 3 } })
    const unsigned = { ...unfreeze, change: { ...unfreeze.change, signature: `0x${'11'.repeat(65)}` } as KeyChange }
    const nobody = { kind: 'refused', code: 'key_signature_invalid' }
    expect(await keyRelay.relay(1, unsigned), 'in nobody’s name').toEqual(nobody)
    expect(await keyRelay.relay(1, await change('unfreeze', keyId, 2, stranger))).toEqual(nobody)
    const revoked = await keyRelay.relay(1, await change('revoke', keyId, 3))
    expect(revoked).toMatchObject({ kind: 'done', key: { version: 4, revokedAt: expect.any(Number) } })
    const refused = { kind: 'refused', code: 'key_already_revoked' }
    expect(await keyRelay.relay(1, await change('freeze', keyId, 4))).toEqual(refused)
  })

  test('rotates: the old key is revoked and the new one registered, if no more than expected lies under the old', async () => {
    const old = await registered()
    await fund(old, 5_000n)
    const next = await permission({ key: stranger.address })
    const low = await keyRelay.relay(1, await rotation(old.keyId, next, { maxUsage: 4_999n }))
    expect(low).toEqual({ kind: 'refused', code: 'key_usage_above_maximum', detail: 'the usage is 5000' })
    const asked = await rotation(old.keyId, next, { maxUsage: 5_000n })
    const reply = await keyRelay.relay(1, asked)
    expect(reply).toMatchObject({ kind: 'done', key: { keyId: SessionKey.keyId(next, domain), version: 1 } })
    expect(await stateOf(old.keyId)).toMatchObject({ key: { version: 2, revokedAt: expect.any(Number) } })
    expect(await keyRelay.relay(1, asked), 'again').toMatchObject({ kind: 'done' })
  })

  test('is done when somebody else has relayed it first', async () => {
    const of = await permission()
    const asked = await register(of)
    await client.setAutomine(false)
    const first = await keyRelay.relay(1, { ...asked, waitMs: 0 })
    expect(first).toMatchObject({ kind: 'pending', keyId: SessionKey.keyId(of, domain) })
    const reply = keyRelay.relay(1, asked)
    await client.setAutomine(true)
    await client.mine({ blocks: 1 })
    expect(await reply).toMatchObject({ kind: 'done' })
  })
})

describe('refused before anything is sent', () => {
  const codes = async (asked: KeyOrder) => {
    const before = await sent(relayGas.address)
    const reply = await keyRelay.relay(1, asked)
    expect((await sent(relayGas.address)) - before, 'nothing was sent').toBe(0)
    return reply.kind === 'refused' ? [reply.code, reply.detail] : reply
  }

  test('a signature of another, of nobody, for another key, or out of time', async () => {
    const of = await permission()
    expect(await codes(await register(of, stranger))).toEqual(['key_signature_invalid', undefined])
    const good = await register(of)
    const other = { ...good.change, signature: `0x${'11'.repeat(65)}` } as KeyChange
    expect(await codes(order(other))).toEqual(['key_signature_invalid', undefined])
    const twisted = SessionKey.toJson({ ...of, spendCap: of.spendCap * 2n })
    expect(await codes(order({ ...good.change, permission: twisted } as KeyChange))).toEqual([
      'key_signature_invalid',
      undefined,
    ])
    expect(await codes(await register(of, payer, { deadline: (await now()) + 3 }))).toEqual([
      'key_signature_expired',
      undefined,
    ])
    expect(await codes(await register({ ...of, expiry: of.start - 1, start: of.start - 9 }))).toEqual([
      'key_permission_invalid',
      'expiry',
    ])
  })

  test('another version, an unknown key, a freeze that is not there', async () => {
    const { keyId } = await registered()
    expect(await codes(await change('freeze', keyId, 2))).toEqual(['key_version_mismatch', 'the chain has version 1'])
    expect(await codes(await change('unfreeze', keyId, 1))).toEqual(['key_not_frozen', undefined])
    const unknown: Hex = `0x50425354${'00'.repeat(28)}`
    expect(await codes(await change('revoke', unknown, 1))).toEqual(['key_not_registered', undefined])
  })

  test('the freezer may freeze and nothing else; nobody freezes in its name', async () => {
    const { keyId } = await registered()
    expect(await codes(await change('revoke', keyId, 1, freezer))).toEqual(['key_signature_invalid', undefined])
    expect(await codes(await change('freeze', keyId, 1, stranger))).toEqual(['key_signature_invalid', undefined])
    const asked = await change('freeze', keyId, 1, freezer)
    const forged = await change('freeze', keyId, 1, stranger)
    const { signature } = forged.change
    expect(await codes(order({ ...asked.change, signature } as KeyChange))).toEqual([
      'key_signature_invalid',
      undefined,
    ])
    expect(await keyRelay.relay(1, asked)).toMatchObject({ kind: 'done', key: { version: 2 } })
    expect(await codes(await change('unfreeze', keyId, 2, freezer))).toEqual(['key_signature_invalid', undefined])
  })

  test('anything that is no order', async () => {
    const good = await register(await permission())
    const bad: [string, unknown, string][] = [
      ['nothing', undefined, 'relay_unavailable'],
      ['another chain', { ...good, chainId: 1 }, 'relay_unavailable'],
      ['no change', { ...good, change: undefined }, 'malformed_body'],
      ['an unknown kind', { ...good, change: { kind: 'drain' } }, 'malformed_body'],
      ['no permission', { ...good, change: { ...good.change, permission: null } }, 'key_permission_invalid'],
      ['an odd signature', { ...good, change: { ...good.change, signature: '0x1' } }, 'malformed_body'],
      [
        'a huge signature',
        { ...good, change: { ...good.change, signature: `0x${'11'.repeat(9_000)}` } },
        'malformed_body',
      ],
      ['a deadline beyond uint40', { ...good, change: { ...good.change, deadline: 2 ** 40 } }, 'malformed_body'],
      ['a key id without the tag', await change('freeze', random32(), 1), 'malformed_body'],
    ]
    for (const [what, asked, code] of bad) {
      expect(await keyRelay.relay(1, asked as KeyOrder), what).toMatchObject({ kind: 'refused', code })
    }
    expect(await stateOf('0x12')).toMatchObject({ kind: 'refused', code: 'malformed_body' })
    expect(await stateOf(`0x50425354${'00'.repeat(28)}`)).toEqual({ kind: 'unknown' })
  })

  test('a lane that is paused says so, and makes the change when it goes on', async () => {
    const asked = await register(await permission())
    const mine = lane(relayGas.address) as unknown as { pause(v: 1, on: boolean): Promise<void> }
    await mine.pause(1, true)
    expect(await keyRelay.relay(1, asked)).toMatchObject({ kind: 'refused', code: 'temporarily_unavailable' })
    await mine.pause(1, false)
    expect(await keyRelay.relay(1, asked)).toMatchObject({ kind: 'done' })
  })
})

describe('our freezer', () => {
  test('freezes a key that names it, once', async () => {
    const { keyId } = await registered()
    const before = await sent(relayGas.address)
    const asked = { chainId, keyId, waitMs: 10_000 }
    expect(await keyRelay.freezeAsFreezer(1, asked)).toMatchObject({ kind: 'done', key: { version: 2 } })
    expect(await keyRelay.freezeAsFreezer(1, asked), 'again').toMatchObject({ kind: 'done', key: { version: 2 } })
    expect((await sent(relayGas.address)) - before).toBe(1)
    expect(await keyRelay.addresses(1)).toEqual({
      freezer: freezer.address,
      receiverAuthorizer: receiverAuthorizer.address,
    })
  })

  test('freezes no key that names another', async () => {
    const { keyId } = await registered({ freezer: stranger.address })
    const asked = { chainId, keyId, waitMs: 10_000 }
    expect(await keyRelay.freezeAsFreezer(1, asked)).toEqual({ kind: 'refused', code: 'key_signature_invalid' })
    const unknown: Hex = `0x50425354${'00'.repeat(28)}`
    const reply = await keyRelay.freezeAsFreezer(1, { chainId, keyId: unknown, waitMs: 0 })
    expect(reply).toEqual({ kind: 'refused', code: 'key_not_registered' })
  })
})

async function fund(key: KeyOnChain, amount: bigint, over: Partial<Channel['config']> = {}) {
  const of = escrowChannel({ salt: key.keyId, payerAuthorizer: key.key, ...over })
  const { validAfter, validBefore, ...rest } = await depositAuthorization(of, amount)
  const authorization = { validAfter: String(validAfter), validBefore: String(validBefore), ...rest }
  const asked = { chainId, config: of.config, amount: String(amount), authorization, waitMs: 10_000 }
  return { of, asked, reply: await keyRelay.deposit(1, asked) }
}

describe('a deposit under a key', () => {
  test('is relayed once, and the session is told what the chain has', async () => {
    const key = await registered()
    const before = await sent(relayGas.address)
    const { of, asked, reply } = await fund(key, 40_000n)
    expect(reply).toMatchObject({ kind: 'done', channelId: of.id })
    expect(await keyRelay.deposit(1, asked), 'again').toEqual(reply)
    expect((await sent(relayGas.address)) - before).toBe(1)
    expect((await channelState(of.id, escrow)).balance).toBe(40_000n)
    expect((await told(of.name, of.id))[0]).toMatchObject({ kind: 'observed', balance: 40_000n })
    expect(await stateOf(key.keyId)).toMatchObject({ key: { usage: 40_000n } })
  })

  test('that the permission, the key’s state or the payer does not cover is refused with the reason', async () => {
    const key = await registered()
    const stopped = await registered()
    await keyRelay.relay(1, await change('freeze', stopped.keyId, 1))
    const why = async (...args: Parameters<typeof fund>) => {
      const { reply } = await fund(...args)
      return reply.kind === 'refused' ? [reply.code, reply.detail] : reply
    }
    const before = await sent(relayGas.address)
    expect(await why(key, 1_000_001n)).toEqual(['key_deposit_above_cap', '1000001 of 1000000'])
    expect(await why(key, 10n, { receiver: stranger.address })).toEqual(['key_terms_mismatch', 'payees'])
    expect(await why(key, 10n, { payerAuthorizer: stranger.address })).toEqual(['key_terms_mismatch', 'key'])
    expect((await why(stopped, 10n))[0 as never]).toBe('key_already_stopped')
    expect(await why(key, 10n, { salt: random32() })).toEqual(['key_terms_mismatch', 'salt'])
    expect(await why(key, 10n, { receiverAuthorizer: stranger.address })).toEqual([
      'receiver_authorizer_mismatch',
      undefined,
    ])
    expect(await why(key, 0n)).toEqual(['deposit_below_min_deposit', undefined])
    expect((await sent(relayGas.address)) - before).toBe(0)
  })

  test('with broken members, or for another amount than was signed, is refused', async () => {
    const key = await registered()
    const { asked } = await fund(key, 10n)
    const other = { ...asked, authorization: { ...asked.authorization, salt: random32() } }
    expect(await keyRelay.deposit(1, other)).toMatchObject({ code: 'deposit_authorization_invalid' })
    const bad = [
      { ...asked, amount: '-1' },
      { ...asked, config: { ...asked.config, salt: '0x' } },
      { ...asked, authorization: undefined },
      { ...asked, authorization: { ...asked.authorization, signature: 'none' } },
    ] as (typeof asked)[]
    for (const each of bad) expect(await keyRelay.deposit(1, each)).toMatchObject({ code: 'malformed_body' })
  })
})

describe('whether a wallet signed', () => {
  /** A contract account that approves one hash, whoever signs: PUSH32 hash, EQ with the argument, times the magic value. */
  const approves = (hash: Hex): Hex => `0x7f${hash.slice(2)}6004351463${'1626ba7e'}0260e01b60005260206000f3`

  test('a plain key, on any chain', async () => {
    const hash = random32()
    const signature = await payer.sign(Uint8Array.from(Buffer.from(hash.slice(2), 'hex')))
    const claim = { chainId, address: payer.address, hash, signature }
    expect(await keyRelay.verifyWallet(1, claim)).toEqual({ kind: 'valid', by: 'key' })
    expect(await keyRelay.verifyWallet(1, { ...claim, chainId: 1 })).toEqual({ kind: 'valid', by: 'key' })
    expect(await keyRelay.verifyWallet(1, { ...claim, address: stranger.address })).toEqual({ kind: 'invalid' })
    expect(await keyRelay.verifyWallet(1, { ...claim, hash: random32() })).toEqual({ kind: 'invalid' })
  })

  test('a contract by its own word (ERC-1271), which has to be exactly yes', async () => {
    const hash = random32()
    const address: Hex = `0x${'a5'.repeat(20)}`
    await client.setCode({ address, bytecode: approves(hash) })
    const claim = { chainId, address, hash, signature: '0x01' as Hex }
    expect(await keyRelay.verifyWallet(1, claim)).toEqual({ kind: 'valid', by: 'contract' })
    expect(await keyRelay.verifyWallet(1, { ...claim, hash: random32() })).toEqual({ kind: 'invalid' })
    const liars: Hex[] = [
      // Reverts; endless loop; yes in less than a word; yes and more; 1 for yes.
      '0x5f5ffd',
      '0x5b5f56',
      '0x631626ba7e60e01b60005260046000f3',
      '0x631626ba7e60e01b60011760005260206000f3',
      '0x600160005260206000f3',
    ]
    for (const bytecode of liars) {
      await client.setCode({ address, bytecode })
      expect(await keyRelay.verifyWallet(1, claim), bytecode).toEqual({ kind: 'invalid' })
    }
  })

  test('broken input is refused by its name', async () => {
    const claim = { chainId, address: payer.address, hash: random32(), signature: '0x01' as Hex }
    const detail = async (over: object) => keyRelay.verifyWallet(1, { ...claim, ...over })
    expect(await detail({ address: '0x1' })).toMatchObject({ detail: 'address cannot be used' })
    expect(await detail({ hash: '0x1' })).toMatchObject({ detail: 'hash cannot be used' })
    expect(await detail({ signature: 7 })).toMatchObject({ detail: 'signature cannot be used' })
    expect(await detail({ chainId: 'x' })).toMatchObject({ detail: 'chainId cannot be used' })
  })
})

test('the chain’s clock counts, not ours', async () => {
  const asked = await register(await permission())
  await pass(700)
  expect(await keyRelay.relay(1, asked)).toEqual({ kind: 'refused', code: 'key_signature_expired' })
  expect(bindings.RELAY_GAS_KEY).toBeDefined()
})
