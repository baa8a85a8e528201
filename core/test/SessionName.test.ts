import { expect, test } from 'vitest'
import { parseSessionName, sessionName } from '../src/message/Session.ts'

const address = (digit: string) => `0x${digit.repeat(40)}` as const
const ref = { chainId: 84532, contract: address('1'), payer: address('a'), payerAuthorizer: address('f') }

test('the name of a session says which key it is', () => {
  expect(parseSessionName(sessionName(ref))).toEqual(ref)
})

test('any other text names none', () => {
  const name = sessionName(ref)
  const bad = [
    ...['', ':', ':::', 'all', `${name}:`, `${name}:more`, ` ${name}`, `${name}\n`, `0${name}`, `-${name}`],
    ...[name.replace('84532', '0'), name.replace('84532', '1e3'), name.replace('84532', '9007199254740993')],
    ...[name.toUpperCase(), name.replace('a', 'A'), name.slice(0, -1), `${name}0`, name.slice(name.indexOf(':'))],
    sessionName({ ...ref, payer: '0x' }),
  ]
  for (const text of bad) expect(parseSessionName(text), text).toBeUndefined()
})
