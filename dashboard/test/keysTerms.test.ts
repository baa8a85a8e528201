import { describe, expect, it } from 'vitest'
import { parse } from '../src/pages/keys/Terms.ts'

const address = (byte: string) => `0x${byte.repeat(20)}`
const chain = {
  ...{ chainId: 84532, testnet: true, contract: address('C0'), escrow: address('5c'), freezer: null },
  ...{ withdrawDelay: 86_400, token: { address: address('e5'), symbol: 'USDC', decimals: 6 } },
}

describe('the terms of the service', () => {
  it('are those of the mode', () => {
    expect(
      parse({ chains: [chain, { ...chain, chainId: 8453, testnet: false }] }, 'test').map((one) => one.chainId),
    ).toEqual([84532])
  })

  it('have addresses in lower case, and nothing for what is not said', () => {
    expect(parse({ chains: [chain] }, 'test')[0]).toMatchObject({
      ...{ contract: address('c0'), freezer: undefined, receiverAuthorizer: undefined, minDeposit: 0n },
    })
  })

  it('leave out a chain whose contract or token cannot be used', () => {
    expect(
      parse(
        {
          chains: [
            { ...chain, contract: '0x12' },
            { ...chain, token: null },
          ],
        },
        'test',
      ),
    ).toEqual([])
  })

  it.each([undefined, null, 'x', {}, { chains: 7 }])('of %j are none', (answer) => {
    expect(parse(answer, 'test')).toEqual([])
  })
})
