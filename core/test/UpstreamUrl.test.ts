import { describe, expect, test } from 'vitest'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'

const why = (text: string, rules?: UpstreamUrl.Rules) => {
  const result = UpstreamUrl.check(text, rules)
  return result.ok ? result.url.href : result.why
}

describe('a public https name is taken', () => {
  test.each([
    'https://api.example.com',
    'https://api.example.com/v1',
    'https://API.Example.com/v1/',
    'https://api.example.com:8443/',
    'https://api.example.com:443/v1',
    'https://xn--bcher-kva.example/',
    'https://my_service.example.com/',
  ])('%s', (text) => {
    expect(UpstreamUrl.check(text)).toMatchObject({ ok: true, url: { protocol: 'https:' } })
  })
})

/** One list for each class of bad target: the reason, and its spellings. */
const classes: [UpstreamUrl.Refusal, string, string[]][] = [
  ['not_a_url', 'no URL at all', ['', 'api.example.com', '//api.example.com', 'https://', 'https://[::1', 'https:///']],
  ['not_a_url', 'addresses that overflow', ['https://256.256.256.256', 'https://4294967296', 'https://1.2.3.4.5']],
  ['not_a_url', 'IPv6 with a zone', ['https://[fe80::1%25eth0]/']],
  ['too_long', 'no end', [`https://api.example.com/${'a'.repeat(2048)}`]],
  [
    'not_https',
    'other schemes',
    [
      'http://api.example.com',
      'ftp://api.example.com',
      'file:///etc/passwd',
      'data:text/plain,x',
      'javascript:alert(1)',
      'ws://api.example.com',
      'gopher://api.example.com',
      'blob:https://api.example.com/1',
    ],
  ],
  [
    'credentials',
    'user names and passwords',
    [
      'https://user@api.example.com',
      'https://user:pass@api.example.com',
      'https://@api.example.com',
      'https://:@api.example.com',
      'https://api.example.com@evil.example',
      'https://api.example.com:443@evil.example/',
    ],
  ],
  [
    'port',
    'ports of other services',
    ['22', '25', '80', '3306', '6379', '8080', '9200', '65535', '1'].map((port) => `https://api.example.com:${port}/`),
  ],
  [
    'address',
    'IPv4 as it is written',
    ['127.0.0.1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '8.8.8.8'].map(
      (host) => `https://${host}/`,
    ),
  ],
  ['address', 'IPv4 with a closing dot', ['https://127.0.0.1./', 'https://169.254.169.254.:8443/']],
  ['address', 'IPv4 as one decimal', ['https://2130706433', 'https://2852039166/', 'https://0']],
  ['address', 'IPv4 in octal', ['https://0177.0.0.1', 'https://017700000001', 'https://0177.0.0.01']],
  ['address', 'IPv4 in hex', ['https://0x7f.0.0.1', 'https://0x7f000001', 'https://0xA9FEA9FE', 'https://0X7F.1']],
  ['address', 'IPv4 with parts left out', ['https://127.1', 'https://127.0.1', 'https://10.1']],
  ['address', 'IPv4 in mixed notations', ['https://0x7f.0.0.01', 'https://169.0xfe.43518']],
  [
    'address',
    'IPv6',
    ['[::1]', '[::]', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[2606:4700::1111]'].map(
      (host) => `https://${host}`,
    ),
  ],
  [
    'address',
    'IPv4 within IPv6',
    ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'].map(
      (host) => `https://${host}`,
    ),
  ],
  [
    'private_name',
    'localhost',
    ['https://localhost', 'https://LOCALHOST:8443', 'https://a.localhost', 'https://localhost.localdomain'],
  ],
  [
    'private_name',
    'names of private networks',
    [
      'db.internal',
      'printer.local',
      'router.lan',
      'nas.home',
      'x.home.arpa',
      'wiki.corp',
      'a.intranet',
      'b.private',
    ].map((host) => `https://${host}`),
  ],
  ['private_name', 'names without a dot', ['https://metadata', 'https://redis', 'https://instance-data/latest']],
  [
    'private_name',
    'metadata services',
    [
      'https://metadata.google.internal',
      'https://instance-data.ec2.internal',
      'https://metadata.azure.internal',
      'https://metadata.packet.net',
    ],
  ],
  ['private_name', 'a cluster', ['https://kubernetes.default.svc', 'https://a.b.svc.cluster.local']],
  [
    'private_name',
    'names that stand for an address',
    ['https://127.0.0.1.nip.io', 'https://10-0-0-1.sslip.io', 'https://localtest.me', 'https://app.lvh.me'],
  ],
  ['private_name', 'reverse and hidden names', ['https://1.0.0.127.in-addr.arpa', 'https://abc.onion']],
  [
    'spelling',
    'a name with a closing dot',
    ['https://api.example.com./', 'https://localhost./', 'https://a.internal.'],
  ],
  [
    'spelling',
    'digits, letters and dots of other scripts',
    [
      'https://１２７.０.０.１',
      'https://①②⑦.0.0.1',
      'https://ⓔxample.com',
      'https://api。example。com',
      'https://lоcalhost',
      'https://api.example.com/ä',
    ],
  ],
  ['spelling', 'invisible characters', ['https://api.exa\u00admple.com', 'https://api.example.com\u200b']],
  ['spelling', 'blanks and controls', [' https://api.example.com', 'https://api.example.com\t', 'ht\ntps://a.example']],
  ['spelling', 'backslashes', ['https:\\\\api.example.com', 'https://api.example.com\\@evil.example']],
  ['spelling', 'escapes in the host', ['https://%31%32%37.0.0.1', 'https://api%2eexample.com', 'https://%6cocalhost']],
  [
    'spelling',
    'slashes too few or too many',
    ['https:api.example.com', 'https:/api.example.com', 'https:////a.example'],
  ],
  ['spelling', 'no name of a host', ['https://-a.example.com', 'https://a..example.com', 'https://a.-b.example']],
  [
    'query_or_fragment',
    'a query or fragment',
    ['https://a.example.com/?', 'https://a.example.com?x=1', 'https://a.example.com/#x'],
  ],
  [
    'path',
    'paths with two readings',
    [
      'https://a.example.com/../b',
      'https://a.example.com/a//b',
      'https://a.example.com/%2e%2e/b',
      'https://a.example.com/%2fb',
    ],
  ],
]

describe('a bad target is refused', () => {
  test.each(classes.flatMap(([reason, what, texts]) => texts.map((text) => [what, text, reason] as const)))(
    '%s: %s',
    (_, text, reason) => {
      expect(why(text)).toBe(reason)
    },
  )
})

describe('names of this deployment', () => {
  const rules = { ownZones: ['pay.example.com', 'pbstream.workers.dev'] }
  test.each([
    'https://pay.example.com',
    'https://PAY.example.com:8443',
    'https://a.b.pay.example.com',
    'https://control.pbstream.workers.dev',
  ])('%s is its own', (text) => expect(why(text, rules)).toBe('own_zone'))
  test.each(['https://example.com/', 'https://notpay.example.com/', 'https://pay.example.com.evil.example/'])(
    '%s is not',
    (text) => expect(why(text, rules)).toBe(text),
  )
  test('also on one machine', () => {
    expect(why('http://pay.example.com:8787/', { ...rules, insecure: true })).toBe('own_zone')
  })
})

describe('one machine on its own', () => {
  test.each(['http://127.0.0.1:8787/', 'http://localhost:3000/v1', 'https://[::1]:9000/'])('may call %s', (text) => {
    expect(why(text, { insecure: true })).toBe(text)
  })
  test.each([
    ['http://user@127.0.0.1/', 'credentials'],
    ['ftp://127.0.0.1/', 'not_https'],
    ['http://127.0.0.1/?x', 'query_or_fragment'],
    ['http://127.0.0.1/a//b', 'path'],
  ])('but not %s', (text, reason) => {
    expect(why(text, { insecure: true })).toBe(reason)
  })
})

describe('the rules of a deployment', () => {
  test('are its variables', () => {
    expect(UpstreamUrl.rulesOf({})).toEqual({ ownZones: [], insecure: false })
    expect(UpstreamUrl.rulesOf({ OWN_ZONES: 'Pay.example.com., b.example,', INSECURE_UPSTREAMS: 'true' })).toEqual({
      ownZones: ['pay.example.com', 'b.example'],
      insecure: true,
    })
    expect(UpstreamUrl.rulesOf({ INSECURE_UPSTREAMS: '1' }).insecure).toBe(false)
  })

  test('without strictly public fetches it has to name its zones', () => {
    expect(UpstreamUrl.mayCall({}, true)).toBe(true)
    expect(UpstreamUrl.mayCall({ ownZones: ['pay.example.com'] }, false)).toBe(true)
    expect(UpstreamUrl.mayCall({ insecure: true }, false)).toBe(true)
    expect(UpstreamUrl.mayCall({}, false)).toBe(false)
  })
})
