import { createHash } from 'node:crypto'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

/** Paths, request digests and problem bodies. */
export function requests(): Record<string, VectorFile> {
  return {
    path: {
      description: 'URLs as they come in. Invalid: two readers could read the path differently, so it is a 400.',
      cases: paths(),
    },
    'request-digest': {
      description: 'SHA-256 over version line, method, target and SHA-256 of the body (given in hex).',
      cases: digests(),
    },
    'problem-body': {
      description: 'RFC 9457 bodies with the OpenAI-style error object. Invalid: there is no such code.',
      cases: problems(),
    },
  }
}

function paths(): Case[] {
  const at = (target: string) => ({ url: `https://api.example${target}` })
  const ok = (comment: string, target: string, path: string, search: string, decoded: string) =>
    valid(comment, at(target), { path, search, decoded })
  return [
    ok('the root', '', '/', '', '/'),
    ok('an ordinary path', '/v1/chat/completions', '/v1/chat/completions', '', '/v1/chat/completions'),
    ok('a query, which may hold anything', '/a?b=//c/../d', '/a', '?b=//c/../d', '/a'),
    ok('percent-encoding in lower case', '/caf%c3%a9', '/caf%C3%A9', '', '/caf\u00e9'),
    ok('an encoded colon', '/x%3Arun', '/x%3Arun', '', '/x:run'),
    ok('a bare colon', '/x:run', '/x:run', '', '/x:run'),
    ok('a trailing slash', '/a/', '/a/', '', '/a/'),
    ok('three dots', '/...', '/...', '', '/...'),
    ...Object.entries({
      'dot-dot': '/free/../paid',
      dot: '/./paid',
      'encoded dot-dot': '/free/%2e%2e/paid',
      'an encoded dot': '/paid%2Ejson',
      'two slashes': '//paid',
      'two slashes inside': '/a//b',
      'a backslash': '/free\\..\\paid',
      'an encoded slash': '/free%2Fpaid',
      'an encoded backslash': '/free%5cpaid',
      'an encoded letter': '/%70aid',
      'encoding on encoding': '/%252e%252e/paid',
      'an encoded null': '/paid%00',
      'an encoded line break': '/paid%0d%0aX: y',
      'a percent sign alone': '/100%',
      'no hex after the percent sign': '/%zz',
      'bytes that are no UTF-8': '/%ff',
      'a bare space': '/a b',
      'a tab, which URL parsers drop': '/pa\tid',
      'a letter beyond ASCII': '/caf\u00e9',
      'a fragment': '/a#b',
    }).map(([comment, target]) => invalid(comment, at(target))),
    invalid('no URL', { url: '/v1' }),
    invalid('another protocol', { url: 'ftp://api.example/v1' }),
  ]
}

function digests(): Case[] {
  const empty = { method: 'GET', target: 'api.example/v1/weather?city=Berlin', body: '0x' }
  const sha256 = (data: string | Buffer) => `0x${createHash('sha256').update(data).digest('hex')}`
  const ok = (comment: string, input: typeof empty) => {
    const body = sha256(Buffer.from(input.body.slice(2), 'hex'))
    return valid(comment, input, { digest: sha256(`pbstream-request-v1\n${input.method}\n${input.target}\n${body}`) })
  }
  return [
    ok('no body', empty),
    ok('a body', { method: 'POST', target: 'api.example/v1/chat', body: '0x7b7d' }),
    ok('another method', { ...empty, method: 'DELETE' }),
    invalid('a line break in the target', { ...empty, target: 'a\nb' }),
    invalid('a space in the target', { ...empty, target: 'a b' }),
    invalid('an empty method', { ...empty, method: '' }),
    invalid('a letter beyond ASCII', { ...empty, target: 'caf\u00e9' }),
  ]
}

function problems(): Case[] {
  return [
    valid('payment required', { code: 'payment_required' }),
    valid('with a detail and a request id', {
      code: 'malformed_payment',
      detail: 'payload.voucher.signature is not 65 bytes of hex',
      requestId: 'req-1',
    }),
    valid('of the server', { code: 'temporarily_unavailable' }),
    valid('that signing again mends', { code: 'lease_elsewhere' }),
    invalid('an unknown code', { code: 'no_such_code' }),
    invalid('an inherited name', { code: 'toString' }),
    invalid('another case', { code: 'Lease_Elsewhere' }),
    invalid('empty', { code: '' }),
  ]
}
