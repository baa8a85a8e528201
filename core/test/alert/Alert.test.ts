import * as Alert from '@pbstream/core/Alert'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const NOW = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const channel: Alert.Channel = {
  from: 'low',
  groupMs: 30_000,
  limit: { messages: 10, perMs: MINUTE },
  retry: { tries: 3, firstMs: 1_000, longestMs: 60_000 },
}

const alert = (at = NOW, more: Partial<Alert.Alert> = {}): Alert.Alert => ({
  at,
  severity: 'high',
  group: 'g',
  title: 'T',
  text: 't',
  ...more,
})
const offered = (alerts: readonly Alert.Alert[], to = channel): Alert.Line =>
  alerts.reduce((line, each) => Alert.offer(line, to, each), Alert.empty)

describe('what waits on a channel', () => {
  test('a group is told together, so long after its first alert, with the latest five and their number', () => {
    const line = offered(
      Array.from({ length: 7 }, (_, i) => alert(NOW + i, { title: `T${i}`, severity: i === 2 ? 'critical' : 'high' })),
    )
    expect(Alert.nextAt(line, channel, NOW)).toBe(NOW + 30_000)
    expect(Alert.take(line, channel, NOW + 29_999).message).toBeUndefined()
    const { message, line: after } = Alert.take(line, channel, NOW + 30_000)
    expect(message).toMatchObject({ id: 1, severity: 'critical', from: NOW, to: NOW + 6, count: 7 })
    expect(message?.alerts.map(({ title }) => title)).toEqual(['T2', 'T3', 'T4', 'T5', 'T6'])
    expect(Alert.settle(after, channel, NOW + 30_001, 1, { ok: true })).toMatchObject({ gathering: [], sending: [] })
  })

  test('below what the channel wants nothing is told', () => {
    expect(Alert.offer(Alert.empty, channel, alert(NOW, { severity: 'info' }))).toBe(Alert.empty)
    expect(Alert.nextAt(Alert.empty, channel, NOW)).toBe(Infinity)
  })

  test('what is less severe goes into the digest, whatever its group', () => {
    const digest: Alert.Channel = { ...channel, digest: { below: 'high', everyMs: HOUR } }
    const line = offered(
      [alert(NOW, { severity: 'low' }), alert(NOW + MINUTE, { severity: 'medium', group: 'h' }), alert(NOW + MINUTE)],
      digest,
    )
    expect(Alert.take(line, digest, NOW + 2 * MINUTE).message).toMatchObject({ severity: 'high', count: 1 })
    expect(Alert.take(line, digest, NOW + HOUR + MINUTE).message?.severity, 'the most severe first').toBe('high')
    const { line: rest } = Alert.take(line, digest, NOW + 2 * MINUTE)
    expect(Alert.take(rest, digest, NOW + HOUR).message, 'the other is still being sent').toMatchObject({
      severity: 'high',
    })
    expect(Alert.take(Alert.settle(rest, digest, NOW, 1, { ok: true }), digest, NOW + HOUR).message).toMatchObject({
      severity: 'medium',
      count: 2,
    })
  })

  test('no more than the limit, evenly refilled', () => {
    const at = NOW + HOUR
    let line = offered(Array.from({ length: 13 }, (_, i) => alert(NOW, { group: `g${i}` })))
    const send = (now: number): number => {
      let sent = 0
      for (;;) {
        const taken = Alert.take(line, channel, now)
        line = taken.line
        if (taken.message === undefined) return sent
        line = Alert.settle(line, channel, now, taken.message.id, { ok: true })
        sent++
      }
    }
    expect(send(at)).toBe(10)
    expect(Alert.nextAt(line, channel, at)).toBe(at + 6_000)
    expect(send(at + 5_999)).toBe(0)
    expect(send(at + 6_000)).toBe(1)
    expect(send(at + 24_000)).toBe(2)
  })

  test('a message that fails waits twice as long each time and is dead in the end; it can be revived', () => {
    let line = offered([alert()])
    const dues: number[] = []
    let now = NOW
    for (let i = 0; i < 3; i++) {
      now = Alert.nextAt(line, channel, now)
      dues.push(now)
      const taken = Alert.take(line, channel, now)
      line = Alert.settle(taken.line, channel, now, taken.message!.id, { ok: false })
    }
    expect(dues).toEqual([NOW + 30_000, NOW + 31_000, NOW + 33_000])
    expect(line).toMatchObject({ sending: [], dead: [{ id: 1, count: 1 }] })
    const revived = Alert.revive(line, now, 1)
    expect(revived.dead).toEqual([])
    expect(Alert.take(revived, channel, now).message?.id).toBe(1)
    expect(Alert.revive(line, now, 2)).toBe(line)
  })

  test('what cannot go better is dead at once; what is told to wait holds the whole channel', () => {
    const taken = Alert.take(offered([alert(), alert(NOW, { group: 'h' })]), channel, NOW + MINUTE)
    expect(Alert.settle(taken.line, channel, NOW + MINUTE, 1, { ok: false, isFinal: true }).dead).toHaveLength(1)
    const held = Alert.settle(taken.line, channel, NOW + MINUTE, 1, { ok: false, retryAfterMs: 20_000 })
    expect(Alert.take(held, channel, NOW + MINUTE + 19_999).message).toBeUndefined()
    expect(Alert.nextAt(held, channel, NOW + MINUTE)).toBe(NOW + MINUTE + 20_000)
    expect(Alert.take(held, channel, NOW + MINUTE + 20_000).message).toBeDefined()
  })

  test('a message whose sender died is taken again after a minute, under its id', () => {
    const first = Alert.take(offered([alert()]), channel, NOW + 30_000)
    expect(Alert.take(first.line, channel, NOW + 89_999).message).toBeUndefined()
    expect(Alert.take(first.line, channel, NOW + 90_000).message).toEqual(first.message)
    expect(Alert.settle(first.line, channel, NOW, 7, { ok: true }), 'an outcome of nothing').toBe(first.line)
  })

  test('in quiet hours only what is severe enough is told', () => {
    const quiet: Alert.Channel = {
      ...channel,
      quiet: { zone: 'Europe/Zurich', from: '22:00', to: '07:00', but: 'critical' },
    }
    const night = Date.UTC(2026, 10, 23, 22)
    const morning = Date.UTC(2026, 10, 24, 6)
    const line = offered([alert(night), alert(night, { group: 'h', severity: 'critical' })], quiet)
    const { message, line: rest } = Alert.take(line, quiet, night + MINUTE)
    expect(message?.severity).toBe('critical')
    const settled = Alert.settle(rest, quiet, night + MINUTE, message!.id, { ok: true })
    expect(Alert.take(settled, quiet, morning - 1).message).toBeUndefined()
    expect(Alert.nextAt(settled, quiet, night + MINUTE)).toBe(morning)
    expect(Alert.take(settled, quiet, morning).message?.severity).toBe('high')
  })

  test('whatever happens: every alert is told or dead once, messages come when they were said to, and the state is bounded JSON', () => {
    const act = fc.record({
      wait: fc.constantFrom(0, 1, 1_000, 30_000, HOUR),
      kind: fc.constantFrom('offer', 'offer', 'offer', 'send', 'send', 'fail', 'die'),
      group: fc.nat(150),
      severity: fc.constantFrom<Alert.Severity>('info', 'low', 'medium', 'high', 'critical'),
    })
    const odd: Alert.Channel = {
      ...channel,
      digest: { below: 'medium', everyMs: HOUR },
      limit: { messages: 3, perMs: 7_000 },
      quiet: { zone: 'Asia/Tokyo', from: '01:00', to: '06:00', but: 'high' },
    }
    fc.assert(
      fc.property(fc.array(act, { maxLength: 150 }), (acts) => {
        let line = Alert.empty
        let now = NOW
        let [offers, told] = [0, 0]
        const isDone = new Set<number>()
        const step = (kind: string): boolean => {
          const due = Alert.nextAt(line, odd, now)
          const { message, line: next } = Alert.take(line, odd, now)
          expect(message !== undefined).toBe(due <= now)
          line = next
          if (message === undefined) return false
          expect(isDone.has(message.id)).toBe(false)
          if (kind !== 'die')
            line = Alert.settle(line, odd, now, message.id, { ok: kind === 'send', isFinal: kind === 'end' })
          if (kind === 'send') {
            told += message.count
            isDone.add(message.id)
          }
          return true
        }
        for (const { wait, kind, group, severity } of acts) {
          now += wait
          if (kind === 'offer') {
            if (severity !== 'info') offers++
            line = Alert.offer(line, odd, alert(now, { group: `g${group}`, severity }))
          } else step(kind)
          line = JSON.parse(JSON.stringify(line)) as Alert.Line
        }
        for (let i = 0; i < 1_000 && Alert.nextAt(line, odd, now) < Infinity; i++) {
          now = Math.max(now, Alert.nextAt(line, odd, now))
          expect(step('send')).toBe(true)
        }
        expect(told + line.dead.reduce((sum, { count }) => sum + count, 0)).toBe(offers)
        expect(line).toMatchObject({ gathering: [], sending: [] })
      }),
      { numRuns: 60 },
    )
  })

  test('a thousand groups gather in a hundred and one', () => {
    const line = offered(Array.from({ length: 1_000 }, (_, i) => alert(NOW, { group: `g${i}` })))
    expect(line.gathering).toHaveLength(101)
    expect(line.gathering.reduce((sum, { count }) => sum + count, 0)).toBe(1_000)
  })
})

describe('quiet hours', () => {
  const zurich = (from: string, to: string): Alert.QuietHours => ({ zone: 'Europe/Zurich', from, to, but: 'critical' })
  test.each<[string, Alert.QuietHours, string, string]>([
    ['before them', zurich('22:00', '07:00'), '2026-11-23T20:59:59Z', '2026-11-23T20:59:59Z'],
    ['their first moment', zurich('22:00', '07:00'), '2026-11-23T21:00:00Z', '2026-11-24T06:00:00Z'],
    ['after midnight', zurich('22:00', '07:00'), '2026-11-24T05:59:59.999Z', '2026-11-24T06:00:00Z'],
    ['their end', zurich('22:00', '07:00'), '2026-11-24T06:00:00Z', '2026-11-24T06:00:00Z'],
    ['within a day', zurich('12:00', '13:30'), '2026-11-24T11:10:00Z', '2026-11-24T12:30:00Z'],
    ['a night in which clocks are put back', zurich('22:00', '07:00'), '2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z'],
    [
      'a night in which clocks are put forward',
      zurich('22:00', '07:00'),
      '2026-03-28T22:00:00Z',
      '2026-03-29T05:00:00Z',
    ],
    ['an end that the clock leaves out', zurich('22:00', '02:30'), '2026-03-28T22:00:00Z', '2026-03-29T01:00:00Z'],
    ['equal times', zurich('07:00', '07:00'), '2026-11-24T06:00:00Z', '2026-11-24T06:00:00Z'],
    [
      'a zone that is not',
      { ...zurich('00:00', '23:59'), zone: 'No/Where' },
      '2026-11-24T06:00:00Z',
      '2026-11-24T06:00:00Z',
    ],
  ])('%s', (_, quiet, now, end) => {
    expect(new Date(Alert.quietUntil(quiet, Date.parse(now))).toISOString()).toBe(new Date(end).toISOString())
  })
})

describe('texts', () => {
  const message = (alerts: readonly Alert.Alert[], count = alerts.length): Alert.Message => ({
    id: 9,
    severity: 'high',
    from: NOW,
    to: NOW,
    count,
    alerts,
  })

  test('for Telegram: what comes from outside is never markup', () => {
    const text = Alert.telegram(message([alert(NOW, { title: '<b>&amp;', text: '<a href="x">y</a>' })]), 'en')
    expect(text).toBe(
      '<b>[high] &lt;b&gt;&amp;amp;</b>\n\n2026-11-23 12:00:00 UTC, high: &lt;b&gt;&amp;amp;\n&lt;a href="x"&gt;y&lt;/a&gt;',
    )
  })

  test('for Telegram: at most 4,096 characters, no tag or entity cut, the latest first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 3_000 }), fc.integer({ min: 1, max: 1_500 })), {
          minLength: 1,
          maxLength: 5,
        }),
        (texts) => {
          const text = Alert.telegram(
            message(
              texts.map(([title, times]) => alert(NOW, { title: title + '<&'.repeat(times), text: '>'.repeat(times) })),
            ),
            'zh',
          )
          expect(text.length).toBeLessThanOrEqual(4_096)
          expect(text.replaceAll(/&(?:amp|lt|gt);|<\/?b>/g, '')).not.toMatch(/[&<>]/)
          expect(text.split('<b>').length).toBe(text.split('</b>').length)
        },
      ),
      { numRuns: 100 },
    )
    const two = Alert.telegram(message([alert(NOW, { title: 'old' }), alert(NOW, { title: 'new' })], 12), 'en')
    expect(two).toMatch(/^<b>\[high\] new \(12 alerts\)<\/b>[^]*new[^]*old/)
    expect(
      Alert.telegram(message([alert(NOW, { title: 'a' }), alert(NOW, { title: 'b', text: 'x'.repeat(5_000) })]), 'en'),
    ).toMatch(/…$/)
  })

  test('for e-mail: a subject of one line, and all that is known', () => {
    const { subject, text } = Alert.email(
      message([alert(NOW, { title: `a\r\nBcc: x ${'y'.repeat(200)}`, text: 'why' })]),
      'en',
    )
    expect(subject).toMatch(/^\[high\] a Bcc: x y+…$/)
    expect(subject).toHaveLength(120)
    expect(text.endsWith('\nwhy\n')).toBe(true)
  })

  test('in Chinese, without a word of English', () => {
    const both = message([alert(NOW, { title: '密钥已冻结', text: '原因：金额' })], 12)
    expect(Alert.telegram(both, 'zh')).toBe(
      '<b>[高] 密钥已冻结（共 12 条告警）</b>\n\n2026-11-23 12:00:00（协调世界时），高：密钥已冻结\n原因：金额',
    )
    const { subject, text } = Alert.email(both, 'zh')
    expect(subject).toBe('[高] 密钥已冻结（共 12 条告警）')
    for (const severity of ['info', 'low', 'medium', 'high', 'critical'] as const) {
      const one = { ...message([alert(NOW, { severity, title: '标题', text: '正文' })]), severity }
      expect(Alert.telegram(one, 'zh').replaceAll(/<\/?b>/g, '')).not.toMatch(/[A-Za-z]/)
    }
    expect(text).not.toMatch(/[A-Za-z]/)
  })

  test('for webhooks: data, under an id that stays', () => {
    const sent = message([alert()])
    const { id: _, ...data } = sent
    expect(Alert.webhook(sent)).toEqual({ type: 'sentinel.alert', id: '9', data })
  })
})
