/** What the forms of Sentinel take, refuse and send. */
import * as Rule from '@pbstream/core/Rule'
import { breakerSettings } from '@pbstream/core/message/Sentinel'
import { afterEach, describe, expect, test } from 'vitest'
import { beginning, isZone, toEdit, toNew, wishOf, wrongOf } from '../src/pages/sentinel/alerts/Wish.ts'
import { wantedOf, wrongOf as wrongBacktest } from '../src/pages/sentinel/backtest/Wanted.ts'
import { DEFAULT, wrongOf as wrongBudget } from '../src/pages/sentinel/breakers/Settings.ts'
import { chartOf } from '../src/pages/sentinel/decisions/Results.ts'
import { filterOf } from '../src/pages/sentinel/decisions/Filter.ts'
import { featureName, parseThousandths, showThousandths, showValue } from '../src/pages/sentinel/Features.ts'
import { readValues, usersOf } from '../src/pages/sentinel/lists/Entries.ts'
import { sentinelPages } from '../src/pages/sentinel/Pages.ts'
import { words } from '../src/pages/sentinel/rules/Diff.ts'
import { aboutOf } from '../src/pages/sentinel/rules/Problems.tsx'
import { beginning as newRule, missingOf } from '../src/pages/sentinel/rules/RuleCheck.ts'
import { templateName } from '../src/pages/sentinel/rules/TemplateNames.ts'
import type { Channel, Result } from '../src/pages/sentinel/Types.ts'
import { pathOf } from '../src/pages/sentinel/Whose.ts'
import { match } from '../src/Router.ts'
import { locale } from '../src/text.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

afterEach(() => {
  locale.value = 'en'
})

describe('a budget', () => {
  test('to begin with is one that the service takes', () => {
    expect(wrongBudget(DEFAULT)).toEqual({})
    expect(breakerSettings.safeParse(DEFAULT).success).toBe(true)
  })

  test.each([
    { goodUpTo: 1_000 },
    { maxOpenMs: 59_000 },
    { budget: '0' },
    { probes: 0 },
    { probeMs: 3_600_001 },
    { openMs: 1 },
  ])('%j is refused here as there', (change) => {
    expect(Object.keys(wrongBudget({ ...DEFAULT, ...change })).length).toBe(1)
    expect(breakerSettings.safeParse({ ...DEFAULT, ...change }).success).toBe('budget' in change)
  })
})

describe('an alert channel', () => {
  const start = beginning('Europe/Berlin', 'en')
  const mail: Channel = {
    ...{ id: 'alc_1', scope: 'owner', name: 'Ops', kind: 'email', target: { kind: 'email', to: 'a@b.example' } },
    ...{ enabled: true, confirmed: true, language: 'en', from: 'medium', groupSeconds: 30, digest: null },
    ...{ limit: { messages: 20, perSeconds: 3_600 }, quiet: null, retry: start.retry, createdAt: '', updatedAt: '' },
  }

  test('is asked for what its kind needs', () => {
    expect(wrongOf(start, true)).toEqual({ name: true, to: true })
    expect(wrongOf({ ...start, name: 'x', kind: 'telegram' }, true)).toEqual({ chat: true, token: true })
    expect(wrongOf({ ...start, name: 'x', kind: 'webhook', url: 'http://a.example' }, true)).toEqual({ url: true })
  })

  test('keeps its token where none is written', () => {
    expect(wrongOf({ ...start, name: 'x', kind: 'telegram', chat: '-1001' }, false)).toEqual({})
  })

  test('that is edited keeps its target out, so that an address stays confirmed', () => {
    expect(toEdit({ ...wishOf(mail, 'UTC'), name: 'New' }, mail)).not.toHaveProperty('target')
    expect(toEdit({ ...wishOf(mail, 'UTC'), to: 'c@d.example' }, mail)).toMatchObject({
      target: { kind: 'email', to: 'c@d.example' },
    })
  })

  test('sends quiet hours and digests only while they are on', () => {
    expect(toNew(start)).toMatchObject({ quiet: null, digest: null })
    expect(toNew({ ...start, hasQuiet: true })).toMatchObject({ quiet: { zone: 'Europe/Berlin', from: '22:00' } })
    expect(
      wrongOf({ ...start, name: 'x', to: 'a@b.example', hasQuiet: true, quiet: { ...start.quiet, to: '22:00' } }, true),
    ).toEqual({ clock: true })
  })

  test('knows zones', () => {
    expect([isZone('Asia/Shanghai'), isZone('Mars/Base'), isZone('')]).toEqual([true, false, false])
  })
})

describe('a backtest', () => {
  const asked = { since: undefined, until: undefined, stopMinutes: 60, marks: [] }

  test('takes the last day whole, but nothing that is to come', () => {
    expect(wantedOf({ ...asked, since: '2026-11-20', until: '2026-11-21' }, NOW)).toMatchObject({
      ...{ since: '2026-11-20T00:00:00.000Z', until: '2026-11-22T00:00:00.000Z' },
    })
    expect(wantedOf({ ...asked, until: '2026-11-23' }, NOW).until).toBe('2026-11-23T12:00:00.000Z')
  })

  test('refuses periods that are none or too long, and marks of nobody', () => {
    expect(wrongBacktest({ ...asked, since: '2026-11-22', until: '2026-11-20' }, NOW)).toEqual({ period: true })
    expect(wrongBacktest({ ...asked, since: '2026-01-01' }, NOW)).toEqual({ period: true })
    const marks = [{ session: ' ', since: undefined, until: undefined }]
    expect(wrongBacktest({ ...asked, marks }, NOW)).toEqual({ marks: [0] })
  })
})

describe('decisions', () => {
  test('an address that says nonsense asks for everything', () => {
    expect(filterOf({ action: 'explode', effect: 'x', since: 'yesterday' })).toEqual({})
  })

  test('the last day of a filter is whole', () => {
    expect(filterOf({ since: '2026-11-22', until: '2026-11-22' })).toEqual({
      ...{ since: '2026-11-22T00:00:00.000Z', until: '2026-11-23T00:00:00.000Z' },
    })
  })

  test('are counted by day, shadow apart from what was done, days without any as none', () => {
    const row = (day: string, effect: string, count: number): Result => ({
      ...{ day, rule: 'a', version: 1, action: 'alert', effect, count, keys: 1 },
    })
    const rows = [row('2026-11-21', 'done', 2), row('2026-11-23', 'done', 1), row('2026-11-23', 'shadow', 9)]
    const { days, lines } = chartOf(rows, '2026-11-21T10:00:00Z', '2026-11-23T10:00:00Z')
    expect(days.length).toBe(3)
    expect(lines).toEqual([
      { rule: 'a', isShadow: true, values: [0, 0, 9] },
      { rule: 'a', isShadow: false, values: [2, 0, 1] },
    ])
  })

  test('of many rules the least are added up', () => {
    const rows = Array.from({ length: 9 }, (_, i): Result => ({
      ...{ day: '2026-11-23', rule: `r${i}`, version: 1, action: 'alert', effect: 'done', count: 9 - i, keys: 1 },
    }))
    const { lines } = chartOf(rows, '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z')
    expect([lines.length, lines.at(-1)]).toEqual([6, { rule: undefined, isShadow: false, values: [4 + 3 + 2 + 1] }])
  })
})

describe('values', () => {
  test('in thousandths are written and read as shares', () => {
    for (const value of ['0', '500', '12500', '-3000', '1', '-1']) {
      expect(parseThousandths(showThousandths(value))).toBe(value)
    }
    expect(showThousandths('-1')).toBe('-0.001')
    expect(parseThousandths('0.0001')).toBeUndefined()
    expect(parseThousandths('<b>')).toBeUndefined()
  })

  test('are money where they are money, and what is no number stays as it came', () => {
    expect(showValue('7500000', 'money')).toMatch(/^7\.50? USDC$/)
    expect(showValue('"DE"', 'money')).toBe('"DE"')
  })

  test('of lists are read one a line', () => {
    expect(readValues(' DE \n\nFR\nDE')).toEqual({ values: ['DE', 'FR'] })
    expect(readValues('\n').problem).toBe('none')
    expect(readValues('x'.repeat(257)).problem).toBe('long')
  })
})

describe('rules', () => {
  test('a new one is in shadow, and lacks a name only', () => {
    expect(newRule('x').state).toBe('shadow')
    expect(missingOf(newRule('x'), new Set(), true)).toEqual({ name: true })
  })

  test('a bad id, one that is taken and a condition with a mistake are told', () => {
    expect(missingOf({ ...newRule('9'), name: 'n' }, new Set(), true)).toEqual({ id: 'wrong' })
    expect(missingOf({ ...newRule('x'), name: 'n' }, new Set(['x']), false)).toEqual({ id: 'taken', when: 'wrong' })
  })

  test('that ask about a list are found by its whole name', () => {
    const rules = [
      { id: 'a', when: 'country in list.home' },
      { id: 'b', when: 'country in list.home_too' },
    ]
    expect(usersOf('home', rules)).toEqual(['a'])
  })

  test('a problem of the service names the rule', () => {
    expect(aboutOf('/rules/1/when', [{ id: 'a' }, { id: 'b' }])).toBe('b, Condition')
    expect(aboutOf('rules.0.name', [{ id: 'a' }])).toBe('a, Name')
    expect(aboutOf('/lists', [])).toBe('/lists')
  })

  test('differences are told word by word, and put together again they are both texts', () => {
    const [before, after] = ['amount > 5 && new.payee', 'amount > 7 && new.payee']
    const pieces = words(before, after)
    expect(pieces.filter(({ kind }) => kind !== 'same').map(({ kind, text }) => [kind, text])).toEqual([
      ['gone', '5'],
      ['new', '7'],
    ])
    const join = (without: string) =>
      pieces
        .filter(({ kind }) => kind !== without)
        .map(({ text }) => text)
        .join('')
    expect([join('new'), join('gone')]).toEqual([before, after])
  })
})

describe('words', () => {
  test('every feature has a name in both languages', () => {
    const names = [...Object.keys(Rule.features), ...Object.keys(Rule.crossFeatures)]
    expect(names.filter((name) => featureName(name) === name)).toEqual([])
    locale.value = 'zh'
    expect(names.filter((name) => !/[\u4e00-\u9fff]/.test(featureName(name)))).toEqual([])
  })

  test('every template has a name, in English its own', () => {
    expect(Rule.templates.filter((each) => templateName(each) !== each.name)).toEqual([])
    locale.value = 'zh'
    expect(Rule.templates.filter((each) => templateName(each) === each.name)).toEqual([])
  })
})

describe('pages', () => {
  test('are found by the paths that lead to them, for an owner and for a provider', () => {
    for (const whose of [{}, { provider: 'prov_1' }]) {
      for (const place of [
        'decisions',
        'rules',
        'lists',
        'budget',
        'backtest',
        'history',
        'snoozes',
        'stops',
        'alerts',
      ] as const) {
        expect(match(sentinelPages, pathOf(whose, place)), place).toBeDefined()
      }
    }
  })

  test('a rule may be called like a page', () => {
    expect(match(sentinelPages, pathOf({}, 'rules', 'edit', 'new'))?.params).toEqual({ id: 'new' })
    expect(match(sentinelPages, '/rules/lists')?.page.path).toBe('/rules/lists')
  })

  test('whatever an id holds stays one part of the path', () => {
    expect(pathOf({ provider: 'a/b' }, 'stops', '../x?y')).toBe('/p/a%2Fb/sentinel/stops/..%2Fx%3Fy')
  })
})
