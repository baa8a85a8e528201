/** The configuration that this Worker is deployed with weighs claims against their gas. */
import { describe, expect, inject, test } from 'vitest'
import { type ChainConfig, parseChains } from '../src/Env.ts'
import * as Sizing from '../src/Sizing.ts'
import * as Worth from '../src/Worth.ts'

const chains = parseChains(inject('shippedChains' as never) as string)
const GWEI = 10n ** 9n
/** A claim that goes alone, canonical contract. */
const GAS = 155_000
const verdict = ({ calmFeePerGas, etherPrice }: ChainConfig, gas: bigint, value: bigint, reason: 'amount' | 'age') => {
  const prices = { gas, calm: calmFeePerGas, ether: etherPrice, minAmount: 0n }
  return Worth.verdict({ value, reason, gas: GAS }, prices)
}

test('a chain is shipped', () => {
  expect(chains.map(({ chainId }) => chainId)).toContain(84_532)
})

describe.each(chains)('on chain $chainId', (chain) => {
  test('both prices are set, in wei per gas and in atomic units per ether', () => {
    expect(chain.calmFeePerGas).toBeGreaterThanOrEqual(GWEI / 100n)
    expect(chain.calmFeePerGas).toBeLessThanOrEqual(GWEI)
    expect(chain.calmFeePerGas).toBeLessThan(chain.maxFeePerGas)
    expect(chain.etherPrice, 'between 500 and 50,000 USDC').toBeGreaterThanOrEqual(500_000_000n)
    expect(chain.etherPrice).toBeLessThanOrEqual(50_000_000_000n)
  })

  test('on a calm day a claim of ten cents goes, and one of a thousandth of a cent is not worth its gas', () => {
    expect(verdict(chain, GWEI / 100n, 100_000n, 'amount')).toBe('go')
    expect(verdict(chain, GWEI / 100n, 10n, 'amount')).toBe('too_small')
  })

  test('when gas costs a hundred times as much, a dollar waits for a better price until it is old, and 100 do not', () => {
    expect(verdict(chain, GWEI, 1_000_000n, 'amount')).toBe('dear')
    expect(verdict(chain, GWEI, 1_000_000n, 'age')).toBe('go')
    expect(verdict(chain, GWEI, 100_000_000n, 'amount')).toBe('go')
  })

  test('a batch is limited by what a transaction may take', () => {
    expect(Sizing.limits(chain.maxBatchGas).gas).toBeLessThanOrEqual(13_000_000)
  })
})
