/** A key of the escrow that a rule freezes: the freezer takes it to the chain, and only its account takes it back. */
import type { Hex } from '@pbstream/core/Hex'
import type { SentinelSessionApi } from '@pbstream/core/message/Sentinel'
import { sessionName } from '@pbstream/core/message/Session'
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { escrow, Owner, secret, terms } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/a' }] })
})
afterAll(() => stack?.stop())

/** A key in the escrow that names our freezer, as keys do unless their owner says otherwise. */
async function registered(owner: Owner) {
  const body = terms(stack, { contract: 'escrow', key: addressOf(secret()), spendCap: '1000000' })
  const { json } = await owner.call('POST', '/session-keys', { body })
  const sign = json['sign'] as { message: { deadline: string } }
  const signed = { signature: await owner.sign(sign), deadline: Number(sign.message.deadline) }
  const id = json['id'] as string
  const made = await owner.call('POST', `/session-keys/${id}/register`, { body: signed })
  expect([made.status, made.json['registration']]).toEqual([200, 'registered'])
  const of = { chainId: Chain.id, contract: escrow, payer: owner.address, payerAuthorizer: json['key'] as Hex }
  const object = (await stack.system.session(sessionName(of))) as unknown as SentinelSessionApi
  const order = async (scope: 'owner' | 'platform' | `provider:${string}`, decisionId: string) =>
    object.stop(1, of, { scope, kind: 'frozen', rule: 'drained', version: 1, cause: 'Drained', decisionId })
  const onChain = async () => {
    const { json: seen } = await owner.call('GET', `/session-keys/${id}`)
    return seen['onChain'] as { frozenAt: number; version: number }
  }
  return { id, order, onChain }
}

test('is frozen on chain without a word of its owner; its stop ends with the account’s signature, there first', async () => {
  const owner = await Owner.signIn(stack)
  const { id, order, onChain } = await registered(owner)
  const stop = (await order('owner', 'dec_1'))!
  await until('the chain has the freeze', async () => (await onChain()).frozenAt > 0)
  // At the edge alone it cannot go on: what it would be served for could not be claimed.
  const early = await owner.call('POST', `/stops/${stop.id}/release`, { body: { reason: 'it was me' } })
  expect([early.status, early.json['code']]).toEqual([409, 'stop_frozen_on_chain'])

  const asked = await owner.call('POST', `/session-keys/${id}/unfreeze`, { body: { reason: 'it was me' } })
  expect([asked.status, asked.json['code']]).toEqual([403, 'signature_required'])
  const { deadline, version } = (asked.json['typedData'] as { message: { deadline: string; version: string } }).message
  const signature = await owner.sign(asked.json['typedData'])
  const body = { reason: 'it was me', onChain: { signature, deadline: Number(deadline), version: Number(version) } }
  const unfrozen = await owner.call('POST', `/session-keys/${id}/unfreeze`, { body })
  expect([unfrozen.status, unfrozen.json['status']]).toEqual([200, 'active'])
  expect(await onChain()).toMatchObject({ frozenAt: 0, version: 3 })
  const ended = await until('the stop is written down as over', async () => {
    const { json } = await owner.call('GET', `/stops/${stop.id}`)
    return json['releasedAt'] !== null && json
  })
  expect(ended).toMatchObject({ releasedBy: 'owner', reason: 'it was me' })
})

test('a provider’s stop is between it and the key: the chain hears nothing of it', async () => {
  const owner = await Owner.signIn(stack)
  const { order, onChain } = await registered(owner)
  await order('provider:prov_1', 'dec_1')
  // What comes later by the same way is on chain: what came first is not.
  const other = await registered(owner)
  await other.order('platform', 'dec_2')
  await until('the chain has the other freeze', async () => (await other.onChain()).frozenAt > 0)
  expect(await onChain()).toMatchObject({ frozenAt: 0, version: 1 })
})
