import { expect, test } from 'vitest'
import { hostOf, leadsElsewhere, NEW, ofRoute, type Route, toNew, toPatch } from '../src/pages/routes/RouteDraft.ts'

const route: Route = {
  id: 'route_1',
  providerId: 'prov_1',
  methods: ['GET', 'POST'],
  path: '/acme/v1/*',
  origin: { kind: 'url', url: 'https://api.example.com' },
  chainIds: [8453],
  bodyPriced: false,
  maxBodyBytes: 1024,
  chargeOnAbandon: true,
  adapter: 'json:usage.total',
  credential: { header: 'x-key' },
  audience: 'https://api.example.com',
  enabled: true,
  rateVersion: 1,
  comingVersions: [],
  revision: 3,
  createdAt: '2026-11-22T20:00:00.000Z',
  updatedAt: '2026-11-22T20:00:00.000Z',
}

test('a route that nobody edited is no change', () => {
  expect(toPatch(ofRoute(route), route)).toBeUndefined()
})

test('only what was edited is sent', () => {
  const draft = { ...ofRoute(route), methods: 'get, delete', enabled: false }
  expect(toPatch(draft, route)).toEqual({ methods: ['GET', 'DELETE'], enabled: false })
})

test('a credential is kept, set, or taken away', () => {
  const draft = ofRoute(route)
  const set = toPatch({ ...draft, credential: { ...draft.credential, what: 'set', value: 'secret' } }, route)
  expect(set).toEqual({ credential: { header: 'x-key', value: 'secret' } })
  expect(toPatch({ ...draft, credential: { ...draft.credential, what: 'none' } }, route)).toEqual({ credential: null })
})

test('another origin, path or credential leads elsewhere', () => {
  expect(leadsElsewhere({ path: '/b' })).toBe(true)
  expect(leadsElsewhere({ credential: null } as never)).toBe(true)
  expect(leadsElsewhere({ enabled: false })).toBe(false)
})

test('a new route takes every method unless some are named, and no adapter unless one is chosen', () => {
  const body = toNew(
    { ...NEW, path: ' /acme ', origin: { kind: 'service', url: '', binding: 'UPSTREAM_X' } },
    'prov_1',
    null,
  )
  expect(body).toMatchObject({
    providerId: 'prov_1',
    path: '/acme',
    methods: ['*'],
    adapter: null,
    origin: { kind: 'service', binding: 'UPSTREAM_X' },
    rate: null,
  })
  expect(body).not.toHaveProperty('credential')
})

test('the host of a URL has its port where it is not that of the scheme', () => {
  expect(hostOf('https://api.example.com:8443/v1')).toBe('api.example.com:8443')
  expect(hostOf('https://api.example.com:443')).toBe('api.example.com')
  expect(hostOf('nowhere')).toBeUndefined()
})
