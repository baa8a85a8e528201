import { generateKeyPairSync } from 'node:crypto'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import fc from 'fast-check'
import { createSigner, createVerifier, httpbis, type Request as SignedMessage } from 'http-message-signatures'
import { describe, expect, test } from 'vitest'
import { BODY, ed25519Parameters, hexOf, parameters, parts, plain } from '../support/session.ts'

const { base, headers, isFresh, parseContentDigest, parseSignature, parseSignatureInput, signatureHeader } =
  HttpSignature
const textOf = (from: HttpSignature.Parts, by = parameters): string => Buffer.from(base(from, by)).toString('latin1')

const value = fc.stringMatching(/^[\x21-\x7e]{1,20}$/)
const anyParts: fc.Arbitrary<HttpSignature.Parts> = fc.record(
  {
    method: value,
    targetUri: value,
    contentDigest: value,
    idempotencyKey: value,
    maxPrice: value,
    session: value,
    lease: value,
    voucher: value,
  },
  { requiredKeys: ['method', 'targetUri', 'idempotencyKey', 'maxPrice', 'session'] },
)
const time = fc.integer({ min: 1, max: 10 ** 12 })
const anyParameters: fc.Arbitrary<HttpSignature.Parameters> = fc.record({
  created: time,
  expires: time,
  algorithm: fc.constantFrom('hmac-sha256', 'ed25519' as const),
})

describe('the signature base', () => {
  test('has a line for each component that is there, in the order of the profile', () => {
    expect(textOf(plain)).toBe(
      [
        '"@method": GET',
        '"@target-uri": https://api.example/v1/weather?city=Berlin',
        '"idempotency-key": call-1',
        '"pbstream-max-price": 1000',
        `"pbstream-session": ${plain.session}`,
        '"@signature-params": ("@method" "@target-uri" "idempotency-key" "pbstream-max-price" "pbstream-session")' +
          ';created=1800000000;expires=1800000060;alg="hmac-sha256";tag="pbstream-session"',
      ].join('\n'),
    )
    expect(
      textOf(parts)
        .split('\n')
        .map((line) => line.slice(0, line.indexOf(':'))),
    ).toEqual([
      '"@method"',
      '"@target-uri"',
      '"content-digest"',
      '"idempotency-key"',
      '"pbstream-max-price"',
      '"pbstream-session"',
      '"pbstream-lease"',
      '"pbstream-voucher"',
      '"@signature-params"',
    ])
  })
  test('of two requests that differ in anything differs', () => {
    fc.assert(
      fc.property(anyParts, anyParameters, anyParts, anyParameters, (a, byA, b, byB) => {
        const same = fc.stringify({ ...a, ...byA }) === fc.stringify({ ...b, ...byB })
        expect(textOf(a, byA) === textOf(b, byB)).toBe(same)
      }),
    )
  })
  test('changes with any single change', () => {
    const change = fc.constantFrom(...(Object.keys(parts) as (keyof HttpSignature.Parts)[]))
    fc.assert(
      fc.property(anyParts, anyParameters, change, fc.option(value, { nil: undefined }), (from, by, name, other) => {
        const changed: Record<string, string> = { ...from }
        if (other === undefined) delete changed[name]
        else changed[name] = other
        expect(textOf(changed as HttpSignature.Parts, by) === textOf(from, by)).toBe(from[name] === other)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(anyParts, anyParameters, time, (from, by, other) => {
        expect(textOf(from, { ...by, created: other }) === textOf(from, by)).toBe(by.created === other)
        expect(textOf(from, { ...by, expires: other }) === textOf(from, by)).toBe(by.expires === other)
      }),
    )
  })
  test('takes nothing that could begin a line of its own, or that a field parser might change', () => {
    for (const bad of ['', ' ', 'a\nb', 'a\r\n"@method": GET', 'a\tb', ' a', 'a ', 'a  b', 'é', '\u0000']) {
      for (const name of Object.keys(parts) as (keyof HttpSignature.Parts)[]) {
        expect(() => base({ ...parts, [name]: bad }, parameters), `${name} ${JSON.stringify(bad)}`).toThrow(TypeError)
      }
    }
  })
})

describe('Signature-Input', () => {
  test('that was written is read, and says the same', () => {
    fc.assert(
      fc.property(anyParts, anyParameters, (from, by) => {
        expect(parseSignatureInput(HttpSignature.signatureInput(from, by), from)).toEqual(by)
      }),
    )
  })
  test('is taken in one form only: for exactly what is on the request', () => {
    const right = HttpSignature.signatureInput(parts, parameters)
    const wrong = {
      'another label': right.replace('pbs=', 'sig='),
      'two labels': `${right}, sig=("@method");created=1800000000;alg="hmac-sha256"`,
      'a label twice': `${right}, ${right}`,
      'a component left out': right.replace(' "pbstream-max-price"', ''),
      'an optional component left out': right.replace(' "pbstream-voucher"', ''),
      'the digest left out': right.replace(' "content-digest"', ''),
      'a component more': right.replace('"pbstream-voucher"', '"pbstream-voucher" "accept"'),
      'another order': right.replace('"@method" "@target-uri"', '"@target-uri" "@method"'),
      'a component with a parameter': right.replace('"@method"', '"@method";req'),
      'a component in upper case': right.replace('"content-digest"', '"Content-Digest"'),
      'parameters in another order': right.replace(
        ';created=1800000000;expires=1800000060',
        ';expires=1800000060;created=1800000000',
      ),
      'no created': right.replace(';created=1800000000', ''),
      'no expires': right.replace(';expires=1800000060', ''),
      'no alg': right.replace(';alg="hmac-sha256"', ''),
      'another alg': right.replace('hmac-sha256', 'rsa-pss-sha512'),
      'another tag': right.replace('tag="pbstream-session"', 'tag="web-bot-auth"'),
      'a parameter more': `${right};nonce="1"`,
      'a key id': right.replace(';alg', ';keyid="k";alg'),
      'a time with a leading zero': right.replace('created=18', 'created=018'),
      'a time with a fraction': right.replace('created=1800000000', 'created=1800000000.0'),
      'a negative time': right.replace('created=18', 'created=-18'),
      'a space before': ` ${right}`,
      'a space after': `${right} `,
      'two spaces': right.replace('" "', '"  "'),
      nothing: '',
    }
    for (const [what, text] of Object.entries(wrong)) {
      expect(text, what).not.toBe(right)
      expect(parseSignatureInput(text, parts), what).toBeUndefined()
    }
    expect(parseSignatureInput(right, plain)).toBeUndefined()
    expect(parseSignatureInput(HttpSignature.signatureInput(plain, parameters), parts)).toBeUndefined()
  })
  test('in any other text is none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), value), (text) => {
        expect(parseSignatureInput(text, parts)).toBeUndefined()
      }),
    )
    const right = HttpSignature.signatureInput(parts, parameters)
    fc.assert(
      fc.property(fc.nat({ max: right.length - 1 }), fc.stringMatching(/^[\x20-\x7e]$/), (at, other) => {
        const changed = right.slice(0, at) + other + right.slice(at + 1)
        const read = parseSignatureInput(changed, parts)
        if (read !== undefined) expect(HttpSignature.signatureInput(parts, read)).toBe(changed)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('Signature', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  test('that was written is read by its algorithm, and by no other', () => {
    fc.assert(
      fc.property(bytes(32), bytes(64), (short, long) => {
        expect(parseSignature(signatureHeader(short), 'hmac-sha256')).toEqual(short)
        expect(parseSignature(signatureHeader(short), 'ed25519')).toBeUndefined()
        expect(parseSignature(signatureHeader(long), 'ed25519')).toEqual(long)
        expect(parseSignature(signatureHeader(long), 'hmac-sha256')).toBeUndefined()
      }),
    )
  })
  test('is taken in one form only', () => {
    const right = signatureHeader(new Uint8Array(32).fill(255))
    expect(parseSignature(right, 'hmac-sha256')).toHaveLength(32)
    const wrong = [
      right.replace('pbs=', 'sig='),
      `${right}, sig=:AAAA:`,
      right.replaceAll('/', '_'),
      `${right.slice(0, -2)}:`,
      right.replace(':', ': '),
      right.replace('8=:', '9=:'),
      right.slice(0, -1),
      ` ${right}`,
      'pbs=::',
      'pbs="AAAA"',
      '',
    ]
    for (const text of wrong) {
      expect(text).not.toBe(right)
      expect(parseSignature(text, 'hmac-sha256'), text).toBeUndefined()
    }
    fc.assert(fc.property(fc.string(), (text) => parseSignature(text, 'ed25519') === undefined))
  })
})

test('Content-Digest is taken in one form only: SHA-256 alone', () => {
  const digest = RequestBinding.bodyDigest(BODY)
  const right = HttpSignature.contentDigest(digest)
  expect(parseContentDigest(right)).toBe(digest)
  const wrong = [
    right.replace('sha-256', 'sha-512'),
    right.replace('sha-256', 'SHA-256'),
    `${right}, ${right}`,
    `${right}, sha-512=:AAAA:`,
    right.replace('=:', ':'),
    right.replace('=:', ''),
    `${right};a=1`,
    ` ${right}`,
    digest,
    'sha-256=::',
    '',
  ]
  for (const text of wrong) {
    expect(text).not.toBe(right)
    expect(parseContentDigest(text), text).toBeUndefined()
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      expect(parseContentDigest(HttpSignature.contentDigest(hexOf(bytes)))).toBe(hexOf(bytes))
    }),
  )
})

test('a signature is good from 5 seconds before it was made to its end, at most a minute', () => {
  const at = (created: number, expires: number, now: number) => isFresh({ created, expires, algorithm: 'ed25519' }, now)
  expect([at(100, 160, 94), at(100, 160, 95), at(100, 160, 159), at(100, 160, 160)]).toEqual([false, true, true, false])
  expect([at(100, 161, 100), at(100, 101, 100), at(100, 100, 100), at(100, 99, 98)]).toEqual([
    false,
    true,
    false,
    false,
  ])
})

/** The other implementation of RFC 9421 takes what ours signs, and signs the same. */
describe('http-message-signatures', () => {
  const key = Buffer.alloc(32, 7)
  const pair = generateKeyPairSync('ed25519')
  const fields = [
    '@method',
    '@target-uri',
    'content-digest',
    'idempotency-key',
    'pbstream-max-price',
    'pbstream-session',
    'pbstream-lease',
    'pbstream-voucher',
  ]
  const created = Math.floor(Date.now() / 1000)
  const ways = [
    [
      'hmac-sha256',
      { ...parameters, created, expires: created + 60 },
      createSigner(key, 'hmac-sha256'),
      createVerifier(key, 'hmac-sha256'),
    ],
    [
      'ed25519',
      { ...ed25519Parameters, created, expires: created + 60 },
      createSigner(pair.privateKey, 'ed25519'),
      createVerifier(pair.publicKey, 'ed25519'),
    ],
  ] as const
  const message = (from: HttpSignature.Parts, all: Record<string, string>): SignedMessage => ({
    method: from.method,
    url: from.targetUri,
    headers: all,
  })

  test.each(ways)('verifies our signature by %s, and not when something changed', async (_, by, signer, verifier) => {
    for (const from of [parts, plain]) {
      const signature = await signer.sign(Buffer.from(base(from, by)))
      const signed = message(from, headers(from, by, signature))
      const config = { keyLookup: async () => ({ algs: [by.algorithm], verify: verifier }) }
      expect(await httpbis.verifyMessage(config, signed)).toBe(true)
      expect(await httpbis.verifyMessage(config, { ...signed, method: 'PUT' })).toBe(false)
      expect(await httpbis.verifyMessage(config, { ...signed, url: `${from.targetUri}&x` })).toBe(false)
      const dearer = { ...signed.headers, 'PBStream-Max-Price': '1001' }
      expect(await httpbis.verifyMessage(config, { ...signed, headers: dearer })).toBe(false)
    }
  })

  test.each(ways)('signs by %s what we take, to the byte', async (_, by, signer) => {
    for (const from of [parts, plain]) {
      const { 'Signature-Input': input, Signature: __, ...unsigned } = headers(from, by, new Uint8Array(32))
      const names = Object.keys(unsigned).map((name) => name.toLowerCase())
      const signed = await httpbis.signMessage(
        {
          key: { alg: by.algorithm, sign: signer.sign },
          name: 'pbs',
          fields: fields.filter((field) => field.startsWith('@') || names.includes(field)),
          params: ['created', 'expires', 'alg', 'tag'],
          paramValues: {
            created: new Date(by.created * 1000),
            expires: new Date(by.expires * 1000),
            tag: 'pbstream-session',
          },
        },
        message(from, unsigned),
      )
      expect(signed.headers['Signature-Input']).toBe(input)
      const ours = await signer.sign(Buffer.from(base(from, by)))
      expect(signed.headers['Signature']).toBe(signatureHeader(ours))
    }
  })
})
