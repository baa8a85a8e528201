/** What Sentinel keeps in an isolate, each part by itself: places, windows, breakers, refusals that are repeated. */
import type { SentinelRefusal } from '@pbstream/core/message/Sentinel'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breakers, type Passing } from '../src/sentinel/Breakers.ts'
import { networkOf } from '../src/sentinel/Network.ts'
import { Places } from '../src/sentinel/Places.ts'
import { RefusedCalls } from '../src/sentinel/RefusedCalls.ts'
import { Window } from '../src/sentinel/Window.ts'

const START = 1_800_000_000_000
const SECRET = 'thirty-two bytes are needed here'

function from(address: string | null, cf?: unknown, headers: Record<string, string> = {}): Request {
  const request = new Request('https://api.example/', {
    headers: { ...headers, ...(address === null ? {} : { 'cf-connecting-ip': address }) },
  })
  return Object.defineProperty(request, 'cf', { value: cf })
}

describe('a network', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['203.0.113.0', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['::FFFF:CB00:714D', '203.0.113.0/24'],
    ['2001:db8:abcd:12::1', '2001:db8:abcd::/48'],
    ['2001:0DB8:ABCD:0012:0000:0000:0000:0001', '2001:db8:abcd::/48'],
    ['2001:db8::', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
    ['::', '0:0:0::/48'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0::/48'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it.each([
    '',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.07',
    '203.0.113.77 ',
    '203.0.113.77, 198.51.100.1',
    '1.2.3.4.5',
    '-1.2.3.4',
    ':1',
    '1:',
    '1:::2',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '12345::',
    'g::1',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
  ])('of %j is unknown', (address) => {
    expect(networkOf(address)).toBeUndefined()
  })

  it('is one for all of its addresses, whatever is written of them', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.array(group, { minLength: 5, maxLength: 5 }),
        (a, b) => {
          fc.pre(a.slice(0, 5).some((each) => each !== 0))
          const text = (groups: number[]) => groups.map((each) => each.toString(16).padStart(4, '0')).join(':')
          expect(networkOf(text([...a.slice(0, 3), ...b]))).toBe(networkOf(text(a).toUpperCase()))
        },
      ),
    )
  })
})

describe('a place', () => {
  it('is the country of the edge, and a hash of the network that nobody can turn back without the key', async () => {
    const places = await Places.load(SECRET)
    const other = await Places.load(`${SECRET}!`)
    const home = await places.of(from('203.0.113.77', { country: 'DE' }))
    expect(home.country).toBe('DE')
    expect(home.place).toMatch(/^[0-9a-f]{16}$/)
    expect(await places.of(from('203.0.113.9', { country: 'FR' }))).toEqual({ country: 'FR', place: home.place })
    expect((await places.of(from('203.0.114.77', { country: 'DE' }))).place).not.toBe(home.place)
    expect((await other.of(from('203.0.113.77', { country: 'DE' }))).place).not.toBe(home.place)
  })

  it('cannot be sent: no header of a caller says where it is', async () => {
    const places = await Places.load(SECRET)
    const headers = {
      ...{
        'cf-ipcountry': 'CH',
        'x-forwarded-for': '198.51.100.1',
        'x-real-ip': '198.51.100.1',
        forwarded: 'for=198.51.100.1',
      },
      ...{ 'pbstream-origin': '{"country":"CH","place":"0123456789abcdef"}', 'true-client-ip': '198.51.100.1' },
    }
    const told = await places.of(from('203.0.113.77', { country: 'DE' }, headers))
    expect(told).toEqual(await places.of(from('203.0.113.77', { country: 'DE' })))
    expect(await places.of(from(null, undefined, headers))).toEqual({ country: '', place: '' })
  })

  it.each([
    [undefined],
    [null],
    [{}],
    [{ country: 'XX' }],
    [{ country: 'de' }],
    [{ country: 'DEU' }],
    [{ country: '1A' }],
    [{ country: ['DE'] }],
    [{ country: 'D"' }],
    [{ country: 49 }],
  ])('of %j is unknown', async (cf) => {
    expect(await (await Places.load(undefined)).of(from('203.0.113.77', cf))).toEqual({ country: '', place: '' })
  })

  it('of Tor is a country of its own, and without a secret there are countries only', async () => {
    const places = await Places.load(undefined)
    expect(await places.of(from('203.0.113.77', { country: 'T1' }))).toEqual({ country: 'T1', place: '' })
  })

  it('of an address that cannot be read is unknown, and its country is not', async () => {
    const places = await Places.load(SECRET)
    expect(await places.of(from('no address', { country: 'DE' }))).toEqual({ country: 'DE', place: '' })
  })

  it('wants a secret that cannot be guessed', async () => {
    await expect(Places.load(SECRET.slice(1))).rejects.toThrow('PLACE_SECRET has less than 32 bytes')
  })
})

describe('a window', () => {
  it('looks back at ten to twenty seconds', () => {
    const window = new Window(Infinity)
    window.count('a', false, START)
    window.count('a', true, START + 9_999)
    expect(window.totals(START + 10_000)).toEqual({ calls: 2, failures: 1 })
    expect(window.totals(START + 19_999)).toEqual({ calls: 2, failures: 1 })
    expect(window.totals(START + 20_000)).toEqual({ calls: 0, failures: 0 })
  })

  it('counts so many failures of one caller at most, and all that went well', () => {
    const window = new Window(5)
    for (let i = 0; i < 100; i++) window.count('a', false, START)
    for (let i = 0; i < 100; i++) window.count('a', false, START + 10_000)
    for (let i = 0; i < 7; i++) window.count('a', true, START + 10_000)
    expect(window.totals(START + 10_000)).toEqual({ calls: 12, failures: 5 })
    window.count('b', false, START + 10_000)
    expect(window.totals(START + 10_000)).toEqual({ calls: 13, failures: 6 })
  })

  it('keeps apart a thousand callers at most: the others count as one', () => {
    const window = new Window(1)
    for (let i = 0; i < 5_000; i++) window.count(`caller ${i}`, false, START)
    expect(window.totals(START).failures).toBe(1_001)
  })

  it('by a clock that was put back begins anew', () => {
    const window = new Window(Infinity)
    window.count('a', false, START)
    expect(window.totals(START - 1)).toEqual({ calls: 0, failures: 0 })
  })
})

/** One isolate's breakers, and calls to them. */
class Isolate {
  now = START
  shared = new Map<string, number | null>()
  readonly breakers = new Breakers(() => this.now)
  #calls = 0

  passing(more: Partial<Passing> = {}): Passing {
    const id = `call ${++this.#calls}`
    return { id, routeId: 'r', providerId: 'p', isPaid: true, isOurs: true, shared: this.shared, ...more }
  }

  /** A call that goes as far as it may. True: its upstream was called, and did as `health` says. */
  call(caller: string, health: 'good' | 'bad' | 'unknown', more: Partial<Passing> = {}): boolean {
    const passing = this.passing(more)
    if (this.breakers.check(passing, caller) !== undefined) return false
    if (this.breakers.begin(passing, caller) !== undefined) return false
    this.breakers.ended(passing, health)
    return true
  }

  fail(caller: string, times: number): void {
    for (let i = 0; i < times; i++) this.call(caller, 'bad')
  }

  wait(caller: string): number | undefined {
    return this.breakers.check(this.passing(), caller)
  }
}

describe('a breaker of this isolate', () => {
  it('opens when calls of several callers fail, for all of them', () => {
    const at = new Isolate()
    at.fail('a', 5)
    at.fail('b', 4)
    expect(at.wait('c')).toBeUndefined()
    at.fail('b', 1)
    expect(at.wait('c')).toBe(5)
    at.now += 4_001
    expect(at.wait('c')).toBe(1)
  })

  it('is opened for others by no caller alone, however often it has calls fail', () => {
    const at = new Isolate()
    at.fail('a', 9)
    expect(at.wait('a')).toBeUndefined()
    at.fail('a', 1)
    expect(at.wait('a')).toBe(5)
    for (let i = 0; i < 500; i++) {
      at.now += 1_000
      at.call('a', 'bad')
      expect(at.wait('b')).toBeUndefined()
    }
  })

  it('stays closed while most calls go well, and for what the caller broke off', () => {
    const at = new Isolate()
    for (let i = 0; i < 11; i++) at.call(`good ${i}`, 'good')
    at.fail('a', 5)
    at.fail('b', 5)
    expect(at.wait('c')).toBeUndefined()
    for (let i = 0; i < 50; i++) at.call(`gone ${i}`, 'unknown')
    expect(at.wait('c')).toBeUndefined()
    at.fail('c', 1)
    expect(at.wait('d')).toBe(5)
  })

  it('lets one call through to see: a good one closes it, a bad one opens it for twice as long', () => {
    const at = new Isolate()
    at.fail('a', 5)
    at.fail('b', 5)
    at.now += 5_000
    const probe = at.passing()
    expect(at.breakers.begin(probe, 'c')).toBeUndefined()
    expect(at.wait('d')).toBe(1)
    at.breakers.ended(probe, 'bad')
    expect(at.wait('d')).toBe(10)
    at.now += 10_000
    expect(at.call('d', 'good')).toBe(true)
    expect(at.wait('a')).toBeUndefined()
    // What was seen before says nothing any more.
    at.fail('a', 1)
    at.fail('b', 1)
    expect(at.wait('c')).toBeUndefined()
  })

  it('gives its probe to a call whose upstream is called, and never to one that only asks', () => {
    const at = new Isolate()
    at.fail('a', 5)
    at.fail('b', 5)
    at.now += 5_000
    for (let i = 0; i < 100; i++) expect(at.wait('somebody who never pays')).toBeUndefined()
    expect(at.call('c', 'good')).toBe(true)
    expect(at.wait('a')).toBeUndefined()
  })

  it('gives the probe to another call when nothing is heard of it for half a minute', () => {
    const at = new Isolate()
    at.fail('a', 5)
    at.fail('b', 5)
    at.now += 5_000
    at.breakers.begin(at.passing(), 'c')
    at.now += 29_999
    expect(at.wait('d')).toBe(1)
    at.now += 1
    expect(at.wait('d')).toBeUndefined()
  })

  it('is opened by callers that nobody can tell apart no more than by one', () => {
    const at = new Isolate()
    at.fail('', 1_000)
    expect([at.wait(''), at.wait('a')]).toEqual([undefined, undefined])
  })

  it('does not judge upstreams that others call', () => {
    const at = new Isolate()
    for (let i = 0; i < 50; i++) {
      const passing = at.passing({ isOurs: false })
      expect(at.breakers.begin(passing, `caller ${i}`)).toBeUndefined()
      at.breakers.ended(passing, 'bad')
    }
    expect(at.wait('c')).toBeUndefined()
  })

  it('is of one route', () => {
    const at = new Isolate()
    at.fail('a', 5)
    at.fail('b', 5)
    expect(at.breakers.check(at.passing({ routeId: 'another' }), 'c')).toBeUndefined()
  })
})

describe('a breaker that all share', () => {
  it.each(['global', 'provider:p', 'upstream:r'])('refuses while %s is open, and says how long', (subject) => {
    const at = new Isolate()
    at.shared.set(subject, START + 12_345)
    expect(at.wait('a')).toBe(13)
    at.shared.set(subject, null)
    expect(at.wait('a')).toBe(60)
    at.shared.delete(subject)
    expect(at.wait('a')).toBeUndefined()
  })

  it('of another provider or route is nobody else’s', () => {
    const at = new Isolate()
    for (const subject of ['provider:q', 'upstream:q', 'provider:r', 'upstream:p']) at.shared.set(subject, null)
    expect(at.wait('a')).toBeUndefined()
  })

  it('lets one call in five seconds through when its time is over', () => {
    const at = new Isolate()
    at.shared.set('upstream:r', START)
    expect(at.call('a', 'good')).toBe(true)
    expect(at.wait('b')).toBe(5)
    at.now += 5_000
    expect(at.call('b', 'bad')).toBe(true)
    expect(at.call('c', 'good')).toBe(false)
  })

  it('stops money where everything or a provider is stopped, and what is free goes on', () => {
    const at = new Isolate()
    at.shared.set('global', null).set('provider:p', null)
    expect(at.breakers.check(at.passing({ isPaid: false }), 'a')).toBeUndefined()
    at.shared.set('upstream:r', null)
    expect(at.breakers.check(at.passing({ isPaid: false }), 'a')).toBe(60)
  })
})

describe('a flood of calls that are refused', () => {
  const sentinel: SentinelRefusal = { scope: 'owner', decision: 'dec_1', stop: 'st_1' }
  const refused = { kind: 'refused', code: 'sentinel_frozen', sentinel } as const

  it('is answered here for a second at a time, once twenty a second have asked', () => {
    let now = START
    const calls = new RefusedCalls(() => now)
    for (let i = 0; i < 19; i++) calls.saw('s', 'p', refused)
    expect(calls.of('s', 'p')).toBeUndefined()
    calls.saw('s', 'p', refused)
    expect(calls.of('s', 'p')).toEqual({ code: 'sentinel_frozen', sentinel })
    now += 999
    expect(calls.of('s', 'p')).toBeDefined()
    now += 1
    expect(calls.of('s', 'p')).toBeUndefined()
  })

  it('costs no other key anything, and not the same key at another provider', () => {
    const calls = new RefusedCalls(() => START)
    for (let i = 0; i < 50; i++) calls.saw('s', 'p', refused)
    expect([calls.of('t', 'p'), calls.of('s', 'q')]).toEqual([undefined, undefined])
  })

  it('is forgotten with the first call that is granted', () => {
    const calls = new RefusedCalls(() => START)
    for (let i = 0; i < 50; i++) calls.saw('s', 'p', refused)
    calls.saw('s', 'p', { kind: 'granted' })
    expect(calls.of('s', 'p')).toBeUndefined()
  })

  it('of calls that are judged one by one is asked every time', () => {
    const calls = new RefusedCalls(() => START)
    for (let i = 0; i < 50; i++) {
      calls.saw('s', 'p', { ...refused, code: 'sentinel_blocked' })
      calls.saw('s', 'p', { kind: 'refused', code: 'session_room_short' })
      calls.saw('s', 'p', { kind: 'corrective' })
    }
    expect(calls.of('s', 'p')).toBeUndefined()
  })

  it('slower than that is asked every time', () => {
    let now = START
    const calls = new RefusedCalls(() => now)
    for (let i = 0; i < 100; i++) {
      calls.saw('s', 'p', refused)
      expect(calls.of('s', 'p')).toBeUndefined()
      now += 60
    }
  })
})
