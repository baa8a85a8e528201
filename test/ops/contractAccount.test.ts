/** An owner whose wallet is a contract (ERC-1271): signs in, has a key registered on chain, and is nobody elsewhere. */
import { Chain } from '@pbstream/local/Chain'
import { addressOf } from '@pbstream/local/Keys'
import { bytesToHex, type Hex, hashMessage, hashTypedData } from 'viem'
import { type LocalAccount, toAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Owner, secret, terms } from '../support/keysApi.ts'
import { type Stack, startStack } from '../support/Stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/a' }] })
})
afterAll(() => stack?.stop())

/** A wallet contract that approves the hash it was last asked to sign; its signatures say nothing by themselves. */
function contractWallet(): LocalAccount {
  const address = bytesToHex(crypto.getRandomValues(new Uint8Array(20)))
  const approve = async (hash: Hex): Promise<Hex> => {
    // PUSH32 hash, EQ with the argument, times the magic value.
    const bytecode: Hex = `0x7f${hash.slice(2)}60043514631626ba7e0260e01b60005260206000f3`
    await stack.chain.client.setCode({ address, bytecode })
    return '0x01'
  }
  return toAccount({
    address,
    signMessage: ({ message }) => approve(hashMessage(message)),
    signTypedData: (data) => approve(hashTypedData(data)),
    signTransaction: () => Promise.reject(new Error('a contract sends no transactions')),
  })
}

test('signs in by its own word, and has a key registered without ether', async () => {
  const owner = await Owner.signIn(stack, contractWallet())
  expect((await owner.asPerson('GET', '/me')).json).toMatchObject({ owner: `${Chain.id}:${owner.address}` })
  const body = terms(stack, { contract: 'escrow', key: addressOf(secret()), spendCap: '1000000' })
  const made = await owner.call('POST', '/session-keys', { body })
  expect([made.status, made.json['status']]).toEqual([201, 'draft'])
  const sign = made.json['sign'] as { message: { deadline: string } }
  const signed = { signature: await owner.sign(sign), deadline: Number(sign.message.deadline) }
  const path = `/session-keys/${made.json['id'] as string}`
  const registered = await owner.call('POST', `${path}/register`, { body: signed })
  expect([registered.status, registered.json['status']]).toEqual([200, 'active'])
  expect((await owner.call('GET', path)).json).toMatchObject({ registration: 'registered' })
})

test('a signature that the contract does not approve signs nobody in', async () => {
  const wallet = contractWallet()
  const lying = toAccount({ ...wallet, signMessage: () => Promise.resolve('0x01' as Hex) })
  await expect(Owner.signIn(stack, lying)).rejects.toThrow('no API key')
})
