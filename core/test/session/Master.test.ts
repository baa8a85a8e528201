import * as Master from '@pbstream/core/session/Master'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { derive, hexOf, masters, MASTERS, payload } from '../support/session.ts'

const secret = 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI'

describe('master secrets', () => {
  test('are read in their order', () => {
    expect(masters).toEqual([
      { kid: 'm2', secret: new Uint8Array(32).fill(2) },
      { kid: 'm1', secret: new Uint8Array(32).fill(1) },
    ])
  })
  test.each([
    '',
    'secret',
    '{}',
    '[]',
    '[null]',
    '[7]',
    `{"kid":"m1","secret":"${secret}"}`,
    `[{"secret":"${secret}"}]`,
    `[{"kid":"","secret":"${secret}"}]`,
    `[{"kid":"m 1","secret":"${secret}"}]`,
    `[{"kid":7,"secret":"${secret}"}]`,
    '[{"kid":"m1"}]',
    '[{"kid":"m1","secret":7}]',
    `[{"kid":"m1","secret":"${secret.slice(0, -4)}"}]`,
    `[{"kid":"m1","secret":"${secret}="}]`,
    `[{"kid":"m1","secret":"${'+'.repeat(44)}"}]`,
    `[{"kid":"m1","secret":"${secret}"},{"kid":"m1","secret":"${secret}"}]`,
    JSON.stringify(Array.from({ length: 9 }, (_, i) => ({ kid: `m${i}`, secret }))),
  ])('%j holds none, and the error quotes nothing of it', (text) => {
    const read = () => Master.parse(text)
    expect(read).toThrow(Master.InvalidMasterError)
    expect(read).not.toThrow(/AgIC/)
  })
  test('of any text are read or refused with the one error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => Master.parse(text)).toThrow(Master.InvalidMasterError)
      }),
    )
    expect(Master.parse(MASTERS)).toEqual(masters)
  })
})

test('the keys of one master differ by what they are for, and request keys by their token', async () => {
  const bytes = SessionToken.signingBytes(payload)
  const other = SessionToken.signingBytes({ ...payload, e: payload.e + 1 })
  const infos = [Master.TOKEN_KEY, Master.NONCE_KEY, Master.requestKey(bytes), Master.requestKey(other)]
  const keys = await Promise.all(infos.map((info) => derive(masters[0].secret, info)))
  expect(new Set(keys.map(hexOf)).size).toBe(4)
  expect(Buffer.from(Master.requestKey(bytes)).toString()).toBe(
    `pbstream session request v1\n${JSON.stringify(payload)}`,
  )
})
