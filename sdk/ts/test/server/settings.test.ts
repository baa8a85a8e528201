/** What is written wrongly fails when the server starts, and says what to write. */
import { ConfigurationError, InvalidPriceError, paywall, type PaywallOptions, type Price } from '@pbstream/sdk/server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { settle } from '../../src/server/Options.ts'
import { parse } from '../../src/server/Price.ts'

afterEach(() => vi.unstubAllEnvs())

describe('prices', () => {
  test('dollars and atomic units are the same price, exactly', () => {
    const same: Price[] = ['$0.002', '2000', '$0.0020', '$.002'.replace('$.', '$0.')]
    for (const price of same)
      expect(parse(price)).toEqual({ card: { v: 1, kind: 'flat', amount: '2000' }, most: 2000n })
    expect(parse('$9007199254.740993').most).toBe(9007199254740993n)
  })

  test('a metered price is a rate card', () => {
    const card = { v: 1, kind: 'metered', unit: 'reported', unitAmount: '30', per: '1000', max: '50000', minimum: '10' }
    expect(parse({ max: '$0.05', unit: '$0.00003', per: 1000, minimum: '10' })).toEqual({ card, most: 50000n })
    expect(parse({ max: '$0.05' }).card).toMatchObject({ unitAmount: '1', per: '1' })
  })

  test.each<[unknown, RegExp]>([
    ['0.002', /dollars begin with a \$: '\$0\.002'/],
    ['$0.0000001', /USDC has 6 decimals/],
    ['$0', /needs no paid/],
    ['0', /needs no paid/],
    ['', /write dollars/],
    ['$', /write dollars/],
    ['-1', /write dollars/],
    ['$-1', /write dollars/],
    ['1e3', /write dollars/],
    ['2_000', /write dollars/],
    ['$1,000', /write dollars/],
    ['01', /write dollars/],
    [' 1', /write dollars/],
    ['€1', /write dollars/],
    [0.002, /a number is not exact/],
    [2000, /a number is not exact/],
    [null, /as a string/],
    [undefined, /as a string/],
    [{ max: '$1', price: '1' }, /no 'price'/],
    [{ max: '0' }, /max/],
    [{ max: '$1', per: 0 }, /per/],
    [{ max: '$1', per: 1.5 }, /whole number/],
    [{ max: '$1', minimum: '$2' }, /minimum/],
    [{ max: 5 }, /a number is not exact/],
    ['9'.repeat(39), /write dollars/],
  ])('%j', (price, message) => {
    const { paid } = paywall({ gateway: 'https://gw.test', audience: 'a/b' })
    const make = () => paid(price as Price, () => new Response())
    expect(make).toThrow(InvalidPriceError)
    expect(make).toThrow(message)
  })
})

describe('settings', () => {
  const good: PaywallOptions = { gateway: 'https://gw.test', audience: 'acme/weather' }

  test('an option beats the environment', () => {
    const environment = { PB_GATEWAY_URL: 'https://env.test', PB_AUDIENCE: 'a/b, c/*' }
    expect(settle({}, environment)).toMatchObject({ gateway: 'https://env.test', audiences: ['a/b', 'c/*'] })
    expect(settle(good, environment)).toMatchObject({ gateway: 'https://gw.test', audiences: ['acme/weather'] })
  })

  test('a secret key makes a server stand alone', () => {
    const PB_SECRET_KEY = `pb_live_${'a'.repeat(49)}`
    expect(settle({ gateway: 'https://gw.test' }, { PB_SECRET_KEY })).toMatchObject({ deployment: 'standalone' })
    expect(settle({ ...good, deployment: 'gateway' }, { PB_SECRET_KEY })).toMatchObject({ deployment: 'gateway' })
  })

  test.each<[PaywallOptions, RegExp]>([
    [{}, /PB_GATEWAY_URL/],
    [{ gateway: 'https://gw.test' }, /PB_AUDIENCE/],
    [{ ...good, gateway: 'gw.test' }, /no origin/],
    [{ ...good, gateway: 'https://gw.test/api' }, /no origin/],
    [{ ...good, gateway: 'https://user:hunter2@gw.test' }, /no origin/],
    [{ ...good, gateway: 'http://gw.test' }, /not https/],
    [{ ...good, gateway: 'ftp://localhost' }, /not https/],
    [{ ...good, audience: '*' }, /audience '\*'/],
    [{ ...good, audience: 'acme/*/x' }, /audience/],
    [{ ...good, audience: ['acme/weather', ''] }, /audience ''/],
    [{ ...good, basePath: '/v2/' }, /basePath/],
    [{ ...good, basePath: 'v2' }, /basePath/],
    [{ ...good, secretKey: `pb_live_${'a'.repeat(49)}` }, /say deployment/],
    [{ gateway: 'https://gw.test', deployment: 'standalone' }, /PB_SECRET_KEY/],
    [{ gateway: 'https://gw.test', secretKey: 'hunter2' }, /no API key/],
  ])('%j', (options, message) => {
    const start = () => paywall(options)
    expect(start).toThrow(ConfigurationError)
    expect(start).toThrow(message)
    expect(start).not.toThrow(/hunter2/)
  })

  test('http is for this machine, or when it is asked for', () => {
    for (const gateway of ['http://localhost:8787', 'http://127.0.0.1:1', 'http://[::1]:1']) {
      expect(settle({ ...good, gateway }, {}).gateway).toBe(gateway)
    }
    expect(settle({ ...good, gateway: 'http://gateway:8787', allowHttp: true }, {}).gateway).toBe('http://gateway:8787')
  })
})
