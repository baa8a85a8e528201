import * as NobleSigner from '@pbstream/core/NobleSigner'
import { expect, test } from 'vitest'
import { budgetOf } from '../src/GasBudget.ts'

const key = (n: number) => NobleSigner.create(`0x${String(n).repeat(64)}`)
const keys = { receiverAuthorizer: key(1), gas: key(2), facilitatorGas: key(3), relayGas: key(4) }
const vars = { DAILY_GAS_WEI: '1000', FACILITATOR_DAILY_GAS_WEI: '300', RELAY_DAILY_GAS_WEI: '200' }

test('a quarter of the day of the key that claims is for claims, and nobody else has a part in it', () => {
  expect(budgetOf(vars, keys, keys.gas)).toEqual({ dailyBudget: 1_000n, keptForClaims: 250n })
  expect(budgetOf(vars, keys, keys.facilitatorGas)).toEqual({ dailyBudget: 300n })
  expect(budgetOf(vars, keys, keys.relayGas)).toEqual({ dailyBudget: 200n })
})

test('what is not set is an ether a day, and a tenth of it for others', () => {
  expect(budgetOf({}, keys, keys.gas)).toEqual({ dailyBudget: 10n ** 18n, keptForClaims: 10n ** 18n / 4n })
  expect(budgetOf({}, keys, keys.facilitatorGas)).toEqual({ dailyBudget: 10n ** 17n })
  expect(budgetOf({}, keys, keys.relayGas)).toEqual({ dailyBudget: 10n ** 17n })
})
