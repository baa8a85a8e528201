import { expect, test } from 'vitest'
import { NEW, type Oracle, ofOracle, toNew, toPatch } from '../src/pages/oracles/OracleDraft.ts'
import { example } from '../src/pages/oracles/Secret.tsx'
import { valuePoints } from '../src/pages/oracles/ValuePoints.ts'

const oracle: Oracle = {
  id: 'orc_1',
  providerId: 'prov_1',
  name: 'Load',
  enabled: true,
  min: '0',
  max: '100',
  staleSeconds: 600,
  smoothing: 0,
  // The document of the API forgets that it may be null.
  fallback: null as never,
  source: {
    kind: 'url',
    url: 'https://a.example/load',
    path: '$.load',
    header: 'x-key',
    decimals: 0,
    everySeconds: 60,
  },
  status: 'fresh',
  value: '5',
  valueAt: null,
  staleAt: null,
  inForce: '5',
  failingSince: null,
  lastError: null,
  nextReadAt: null,
  values: 1,
  revision: 1,
  createdAt: '2026-11-22T20:00:00.000Z',
  updatedAt: '2026-11-22T20:00:00.000Z',
}

test('an oracle that nobody edited is no change', () => {
  expect(toPatch(ofOracle(oracle), oracle)).toBeUndefined()
})

test('an edit sends what is different, and a header that was not typed is left out', () => {
  expect(toPatch({ ...ofOracle(oracle), fallback: '7', path: '$.now' }, oracle)).toEqual({
    fallback: '7',
    source: { kind: 'url', url: 'https://a.example/load', path: '$.now', decimals: 0, everySeconds: 60 },
  })
})

test('each kind has its own source', () => {
  expect(toNew({ ...NEW, name: 'Load' }, 'prov_1').source).toEqual({ kind: 'push' })
  const chain = { ...NEW, kind: 'chain' as const, chainId: 8453, contract: '0xabc', data: '0x50d25bcd' }
  expect(toNew(chain, 'prov_1').source).toEqual({
    ...{ kind: 'chain', chainId: 8453, contract: '0xabc', data: '0x50d25bcd' },
    ...{ word: 0, signed: false, decimals: 0, everySeconds: 60 },
  })
})

test('what was refused is not drawn, and what came is drawn where it was changed', () => {
  const drawn = valuePoints(
    [
      { at: '2026-11-22T20:02:00.000Z', status: 'clamped', raw: '500', value: '100' },
      { at: '2026-11-22T20:01:00.000Z', status: 'refused', raw: 'x', value: null },
      { at: '2026-11-22T20:00:00.000Z', status: 'accepted', raw: '5', value: '5' },
    ],
    { value: 'in force', raw: 'as it came' },
  )
  expect(drawn.series).toEqual([
    { label: 'in force', values: [5, 100] },
    { label: 'as it came', values: [5, 500] },
  ])
})

test('the example of a push has no secret in it', () => {
  expect(example('https://control.example', 'orc_1')).toContain('https://control.example/v1/oracles/orc_1/values')
  expect(example('https://control.example', 'orc_1')).toContain("SECRET='whsec_…'")
})
