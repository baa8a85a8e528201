import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import { describe, expect, it } from 'vitest'
import { contentDigest } from '../src/Body.ts'
import * as Chains from '../src/Chains.ts'
import { makePrivate, toCaller, toUpstream } from '../src/Headers.ts'
import { HeldBody } from '../src/HeldBody.ts'
import { Lru } from '../src/Lru.ts'
import { embed, escape } from '../src/Page.ts'
import { languageOf } from '../src/PageText.ts'
import { Router } from '../src/Router.ts'
import { chain, route } from './support/world.ts'

describe('Router', () => {
  const routes: CatalogRoute[] = [
    route({ id: 'exact', path: '/v1/a' }),
    route({ id: 'wide', path: '/v1/*', methods: ['*'] }),
    route({ id: 'narrow', path: '/v1/deep/*', methods: ['GET'] }),
    route({ id: 'root', path: '/*', methods: ['GET'] }),
  ]
  const match = (method: string, path: string) => {
    const found = new Router(routes).match(method, path)
    return found.kind === 'route' ? found.route.id : found.kind
  }

  it.each([
    ['GET', '/v1/a', 'exact'],
    ['DELETE', '/v1/a', 'method'],
    ['GET', '/v1/b', 'wide'],
    ['PATCH', '/v1/b', 'wide'],
    ['GET', '/v1/', 'wide'],
    ['GET', '/v1', 'root'],
    ['GET', '/v1/deep/x/y', 'narrow'],
    ['POST', '/v1/deep/x', 'method'],
    ['GET', '/v10/a', 'root'],
    ['GET', '/', 'root'],
  ])('%s %s goes to %s: exact first, then the longest prefix, then the method', (method, path, expected) => {
    expect(match(method, path)).toBe(expected)
  })

  it.each(['/V1/A', '/v1/a/', '/v1/a;x=1', '/v1/a.', '/v1/a ', '/V1/b', '/v1/Deep/x', '/v1/deep;p/x'])(
    '%s could be taken for the path of a narrower route',
    (path) => {
      expect(new Router(routes).isAmbiguous(path, path)).toBe(true)
    },
  )

  it.each(['/v1/a', '/v1/b', '/v1/B', '/v1/b/', '/v1/', '/v1', '/', '/v1/deep/X;y', '/v1/a.json', '/other/'])(
    '%s can be taken for that of its own route only',
    (path) => {
      expect(new Router(routes).isAmbiguous(path, path)).toBe(false)
    },
  )
})

describe('Headers', () => {
  it('pass to the upstream only what is on the list', () => {
    const from = new Headers({
      accept: 'a/b',
      'content-type': 'x/y',
      'anthropic-version': '1',
      'payment-signature': 'p',
      'x-payment': 'p',
      'idempotency-key': 'i',
      authorization: 'a',
      'x-api-key': 'k',
      cookie: 'c',
      connection: 'accept',
      'transfer-encoding': 'chunked',
      'x-forwarded-host': 'h',
      'cf-connecting-ip': '1.1.1.1',
      'pbstream-payment': 'forged',
      host: 'h',
    })
    expect([...toUpstream(from).keys()]).toEqual(['accept', 'accept-encoding', 'anthropic-version', 'content-type'])
  })

  it('pass to the caller only what is on the list', () => {
    const from = new Headers({
      'content-type': 'x/y',
      etag: '"1"',
      'retry-after': '3',
      'x-ratelimit-limit': '1',
      'set-cookie': 'a=b',
      'content-encoding': 'gzip',
      'content-length': '3',
      'access-control-allow-origin': 'https://evil.example',
      'payment-response': 'forged',
      'pbstream-receipt': 'forged',
      server: 's',
    })
    expect([...toCaller(from, new URL('https://u.example/base/a'), 'https://p.example', '/a').keys()]).toEqual([
      'content-type',
      'etag',
      'retry-after',
      'x-ratelimit-limit',
    ])
  })

  it.each([
    ['/base/b?x=1', 'https://p.example/b?x=1'],
    ['b', 'https://p.example/b'],
    ['https://u.example/base/b#y', 'https://p.example/b#y'],
    ['https://u.example/else', 'https://p.example/else'],
    ['https://other.example/base/b', 'https://other.example/base/b'],
    ['//u.example/base/b', 'https://p.example/b'],
  ])('keep a redirect to %s on the public side: %s', (location, expected) => {
    const upstream = new URL('https://u.example/base/a')
    expect(toCaller(new Headers({ location }), upstream, 'https://p.example', '/a').get('location')).toBe(expected)
  })

  it.each([
    [null, 'private'],
    ['public, max-age=60, s-maxage=600', 'private, max-age=60'],
    ['no-store', 'private, no-store'],
    ['private="x", must-revalidate', 'private, must-revalidate'],
  ])('make a paid answer private: %s becomes %s', (from, to) => {
    const headers = new Headers(from === null ? {} : { 'cache-control': from })
    makePrivate(headers)
    expect(headers.get('cache-control')).toBe(to)
  })
})

describe('Chains', () => {
  it('names the member that cannot be used', () => {
    expect(Chains.parse(JSON.stringify([chain])).get(84532)?.network).toBe('eip155:84532')
    for (const member of ['chainId', 'contract', 'token', 'tokenName', 'withdrawDelay'] as const) {
      expect(() => Chains.parse(JSON.stringify([{ ...chain, [member]: undefined }]))).toThrow(member)
    }
    expect(() => Chains.parse('[]')).toThrow('CHAINS')
  })
})

describe('HeldBody', () => {
  const chunk = (size: number) => new Uint8Array(size).fill(size % 251)
  const of = (...sizes: number[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const size of sizes) controller.enqueue(chunk(size))
        controller.close()
      },
    })
  const sizeOf = async (stream: ReadableStream<Uint8Array>) => (await new Response(stream).arrayBuffer()).byteLength

  it.each([[[]], [[1, 2, 3]], [[200_000, 50_000]], [[200_000, 200_000, 7]]])(
    'lets %j go whole, in order',
    async (sizes) => {
      expect(await sizeOf(new HeldBody(of(...sizes)).stream())).toBe(sizes.reduce((sum, size) => sum + size, 0))
    },
  )

  it('keeps up to 256 KiB, and says when it is more', async () => {
    expect((await new HeldBody(of(256 * 1024)).whole())?.length).toBe(256 * 1024)
    expect(await new HeldBody(of(256 * 1024, 1)).whole()).toBeUndefined()
    expect((await new HeldBody(null).whole())?.length).toBe(0)
  })
})

describe('Page', () => {
  it('escapes text and data', () => {
    expect(escape(`<a href="x">'&`)).toBe('&#60;a href=&#34;x&#34;&#62;&#39;&#38;')
    expect(embed({ a: '</script><!--\u2028' })).not.toMatch(/[<>\u2028]/)
    expect(JSON.parse(embed({ a: '</script>&\u2029' }))).toEqual({ a: '</script>&\u2029' })
  })

  it.each([
    ['', 'en'],
    ['de-DE,de', 'en'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['en-US,en;q=0.9,zh;q=0.8', 'en'],
    ['en;q=0.1, zh-TW;q=0.2', 'zh'],
    ['zh;q=0', 'en'],
    ['fr, zh;q=0.5', 'zh'],
  ])('reads %j as %s', (header, language) => {
    expect(languageOf(header)).toBe(language)
  })
})

describe('small parts', () => {
  it('Lru forgets what was used longest ago', () => {
    const lru = new Lru<string, number>(2)
    lru.set('a', 1)
    lru.set('b', 2)
    lru.get('a')
    lru.set('c', 3)
    expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.size]).toEqual([1, undefined, 3, 2])
  })

  it('Content-Digest is read among others, and only when it is SHA-256', () => {
    const hash = btoa(String.fromCharCode(...new Uint8Array(32)))
    const read = (value: string) => contentDigest(new Headers({ 'content-digest': value }))
    expect(read(`sha-512=:AAAA:, sha-256=:${hash}:`)).toBe(`0x${'00'.repeat(32)}`)
    expect(read('sha-512=:AAAA:')).toBeUndefined()
    expect(read('sha-256=:AAAA:')).toBeUndefined()
  })
})
