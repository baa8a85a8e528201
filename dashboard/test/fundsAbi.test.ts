import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { streamChannelEscrowAbi } from '@pbstream/core/abi/StreamChannelEscrow'
import { encodeAbiParameters, encodeFunctionData, erc20Abi } from 'viem'
import { describe, expect, it } from 'vitest'
import * as Abi from '../src/pages/funds/Abi.ts'

const config = {
  payer: `0x${'a1'.repeat(20)}`,
  payerAuthorizer: `0x${'b2'.repeat(20)}`,
  receiver: `0x${'0c'.repeat(20)}`,
  receiverAuthorizer: `0x${'d4'.repeat(20)}`,
  token: `0x${'e5'.repeat(20)}`,
  withdrawDelay: 86_400,
  salt: `0x${'0f'.repeat(32)}`,
} as const
const id = `0x${'5a'.repeat(32)}` as const

describe.each([
  ['the canonical contract', batchSettlementAbi],
  ['the escrow', streamChannelEscrowAbi],
] as const)('calls of %s are as viem makes them', (_, abi) => {
  it('initiateWithdraw', () => {
    const amount = (1n << 128n) - 1n
    const expected = encodeFunctionData({ abi, functionName: 'initiateWithdraw', args: [config, amount] })
    expect(Abi.initiateWithdraw(config, amount)).toBe(expected)
  })

  it('finalizeWithdraw', () => {
    expect(Abi.finalizeWithdraw(config)).toBe(
      encodeFunctionData({ abi, functionName: 'finalizeWithdraw', args: [config] }),
    )
  })

  it('channels and pendingWithdrawals', () => {
    expect(Abi.channels(id)).toBe(encodeFunctionData({ abi, functionName: 'channels', args: [id] }))
    const pending = encodeFunctionData({ abi, functionName: 'pendingWithdrawals', args: [id] })
    expect(Abi.pendingWithdrawals(id)).toBe(pending)
  })
})

it('cancelWithdraw of the escrow is as viem makes it', () => {
  const expected = encodeFunctionData({ abi: streamChannelEscrowAbi, functionName: 'cancelWithdraw', args: [config] })
  expect(Abi.cancelWithdraw(config)).toBe(expected)
})

it('views of the token are as viem makes them', () => {
  const owner = config.payer
  expect(Abi.balanceOf(owner)).toBe(encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [owner] }))
  expect(Abi.view('name')).toBe(encodeFunctionData({ abi: erc20Abi, functionName: 'name' }))
})

it('reads words', () => {
  const answer = encodeAbiParameters([{ type: 'uint128' }, { type: 'uint40' }], [7_000_000n, 1_800_000_000])
  expect(Abi.words(answer, 2)).toEqual([7_000_000n, 1_800_000_000n])
})

it('refuses the answer of an address without a contract', () => {
  expect(() => Abi.words('0x', 1)).toThrow(TypeError)
})

it('reads a text', () => {
  expect(Abi.text(encodeAbiParameters([{ type: 'string' }], ['USD Coin ¥']))).toBe('USD Coin ¥')
})

it('refuses a text that was cut off', () => {
  const whole = encodeAbiParameters([{ type: 'string' }], ['x'.repeat(40)])
  expect(() => Abi.text(whole.slice(0, -64) as typeof whole)).toThrow(TypeError)
})
