import * as Path from '@pbstream/core/Path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const at = (target: string) => Path.normalise(`https://api.example${target}`)

describe('canonical paths pass', () => {
  test.each([
    ['', '/', '', '/'],
    ['/', '/', '', '/'],
    ['/v1/chat', '/v1/chat', '', '/v1/chat'],
    ['/v1/chat/', '/v1/chat/', '', '/v1/chat/'],
    ['?q=1', '/', '?q=1', '/'],
    ['/a?b=//c/../d', '/a', '?b=//c/../d', '/a'],
    ['/caf%c3%a9', '/caf%C3%A9', '', '/café'],
    ['/x%3Arun', '/x%3Arun', '', '/x:run'],
    ['/a%20b', '/a%20b', '', '/a b'],
    ['/100%25', '/100%25', '', '/100%'],
    ['/...', '/...', '', '/...'],
    ['/.hidden', '/.hidden', '', '/.hidden'],
    // Beside what needs no encoding: @ and [ stand around the letters, ` before the small ones, : after the digits.
    ['/%40%5b%60%7b', '/%40%5B%60%7B', '', '/@[`{'],
    ['/100%25g', '/100%25g', '', '/100%g'],
    ['/100%251', '/100%251', '', '/100%1'],
  ])('%j', (target, path, search, decoded) => expect(at(target)).toEqual({ ok: true, path, search, decoded }))

  test('any path of ordinary segments, as encodeURIComponent writes them, passes and means what it says', () => {
    const segment = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => text.isWellFormed() && !/[\u0000-\u001f\u007f/\\%]/.test(text) && !/^\.{1,2}$/.test(text))
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const target = `/${segments.map(encodeURIComponent).join('/')}`
        expect(at(target)).toEqual({ ok: true, path: target, search: '', decoded: `/${segments.join('/')}` })
      }),
    )
  })
})

describe('what two readers could read differently is refused', () => {
  test.each([
    '/a/../b',
    '/..',
    '/./a',
    '/a/.',
    '//a',
    '/a//b',
    '/a\\b',
    '\\a',
    '/%2e%2e/a',
    '/%2E/a',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/%252e%252e/',
    '/%2541',
    '/%61dmin',
    '/%7Euser',
    '/a%00',
    '/a%0d%0a',
    '/a%7f',
    '/%',
    '/%g0',
    '/%4',
    '/%4g',
    '/%ff',
    '/%c3',
    // What needs no encoding, from the first to the last of each kind.
    '/%41',
    '/%4f',
    '/%50',
    '/%5a',
    '/%6f',
    '/%70',
    '/%7a',
    '/%30',
    '/%39',
    '/%2d',
    '/%5f',
    '/a b',
    '/é',
    '/a\tb',
    '/a\nb',
    '/a#b',
    '/a"b',
    '/a<b',
    '/?q=é',
    '/?q=a b',
    '/a\u0000',
  ])('%j', (target) => expect(at(target)).toEqual({ ok: false }))

  test.each([
    '',
    'x',
    '/a',
    'ftp://h/a',
    'https://',
    'https:///a',
    'https://h:99999/',
    'javascript:alert(1)',
    'xhttps://h/a',
  ])('no web address: %j', (url) => expect(Path.normalise(url)).toEqual({ ok: false }))
})

test('never throws; what passes is a fixed point, visible ASCII and what URL makes of it', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...'/.%2eEfF5cC\\?#a:@;=é \t\u0000'), maxLength: 16 })
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string(), fc.webPath()), (tail) => {
      const result = at(`/${tail}`)
      if (!result.ok) return
      expect(result.path).toMatch(/^\/[\x21-\x7e]*$/)
      expect(result.decoded).not.toMatch(/\/\/|\/\.{1,2}(\/|$)/)
      const url = `https://api.example${result.path}${result.search}`
      expect(Path.normalise(url)).toEqual(result)
      expect(new URL(url).pathname).toBe(result.path)
    }),
    { numRuns: 3_000 },
  )
})

test('either scheme, in any case', () => {
  expect(Path.normalise('HTTP://h/a')).toEqual({ ok: true, path: '/a', search: '', decoded: '/a' })
})
