import { describe, expect, test, vi } from 'vitest'
import { groupsOf, isCurrent } from '../src/NavGroups.ts'
import { guardLeaving, leave, match, type Page, pathOf, readFilter, withFilter } from '../src/Router.ts'

const page = (path: string, nav?: Page['nav']): Page => ({
  path,
  title: { en: path, zh: path },
  ...(nav === undefined ? {} : { nav }),
  load: () => Promise.reject(new Error('not here')),
})

describe('which page a path is', () => {
  const pages = ['/keys/:id', '/keys/new', '/keys', '/p/:provider/routes/:id', '/p/:provider'].map((path) => page(path))
  test.each([
    ['/keys', '/keys', {}],
    ['/keys/new', '/keys/new', {}],
    ['/keys/sk_1', '/keys/:id', { id: 'sk_1' }],
    ['/p/prov_1/routes/a%2Fb', '/p/:provider/routes/:id', { provider: 'prov_1', id: 'a/b' }],
    ['/p/prov_1', '/p/:provider', { provider: 'prov_1' }],
  ])('%s', (path, pattern, params) => {
    expect(match(pages, path)).toMatchObject({ page: { path: pattern }, params })
  })

  test.each(['/', '/key', '/keys/', '/keys/a/b', '/p//routes/1', '/keys/%E0%A4%A', '/KEYS'])('%s is none', (path) => {
    expect(match(pages, path)).toBeUndefined()
  })

  test('a path is made of its names, escaped', () => {
    expect(pathOf('/p/:provider/routes/:id', { provider: 'p', id: 'a/b?c' })).toBe('/p/p/routes/a%2Fb%3Fc')
  })
})

describe('filters', () => {
  test('are read from the address, what is empty is not there', () => {
    expect(readFilter(['status', 'from', 'to'], '?status=frozen&from=&other=1')).toEqual({ status: 'frozen' })
  })

  test('are written into it, beside what others keep there', () => {
    expect(withFilter('?tab=a&status=x', { status: 'frozen', from: '1' })).toBe('?tab=a&status=frozen&from=1')
    expect(withFilter('?status=x', { status: undefined })).toBe('')
    expect(withFilter('', { q: '<script>&=' })).toBe('?q=%3Cscript%3E%26%3D')
  })
})

describe('the navigation', () => {
  const at = (group: 'user' | 'provider' | 'sentinel', order: number) => ({ group, order, icon: 'key' as const })
  const pages = [
    page('/usage', at('user', 2)),
    page('/keys', at('user', 1)),
    page('/keys/:id'),
    page('/rules', at('sentinel', 1)),
    page('/providers', at('provider', 0)),
    page('/p/:provider', at('provider', 1)),
    page('/p/:provider/routes', at('provider', 2)),
    page('/p/:provider/sentinel/rules', at('sentinel', 1)),
  ]

  test('has what concerns the wallet apart from what concerns the provider, in order', () => {
    const groups = groupsOf(pages)
    const paths = Object.fromEntries(
      Object.entries(groups).map(([name, items]) => [name, items.map((item) => item.path)]),
    )
    expect(paths).toEqual({
      user: ['/keys', '/usage'],
      sentinel: ['/rules'],
      provider: ['/p/:provider', '/p/:provider/routes'],
      providerSentinel: ['/p/:provider/sentinel/rules'],
    })
  })

  test('marks the item of the page and of pages below it, the most exact one only', () => {
    const { provider } = groupsOf(pages)
    const marked = (path: string) =>
      provider.map((item) => isCurrent(pathOf(item.path, { provider: 'p1' }), path, provider, 'p1'))
    expect(marked('/p/p1')).toEqual([true, false])
    expect(marked('/p/p1/routes/rt_1')).toEqual([false, true])
    expect(marked('/p/p10')).toEqual([false, false])
  })

  test('on a page that is found behind it', () => {
    const nav = { group: 'sentinel' as const, icon: 'rules' as const, order: 1 }
    const items = [page('/p/:provider', nav), page('/p/:provider/rules', { ...nav, also: ['/p/:provider/lists'] })]
    const marked = items.map((item) => isCurrent(pathOf(item.path, { provider: 'p1' }), '/p/p1/lists/x', items, 'p1'))
    expect(marked).toEqual([false, true])
  })
})

describe('leaving what is written', () => {
  test('is done at once where there is nothing to lose', () => {
    const then = vi.fn()
    leave(then)
    expect(then).toHaveBeenCalledOnce()
  })

  test.each([true, false])('is asked about, and the answer counts: %s', async (yes) => {
    const letGo = guardLeaving(async () => yes)
    const then = vi.fn()
    leave(then)
    expect(then).not.toHaveBeenCalled()
    await Promise.resolve()
    expect(then).toHaveBeenCalledTimes(yes ? 1 : 0)
    letGo()
  })

  test('is not asked about any more when it is let go, and letting go of an old question keeps the new one', () => {
    const ask = vi.fn(async () => false)
    const old = guardLeaving(ask)
    const letGo = guardLeaving(async () => false)
    old()
    const then = vi.fn()
    leave(then)
    expect(then).not.toHaveBeenCalled()
    letGo()
    leave(then)
    expect([then.mock.calls.length, ask.mock.calls.length]).toEqual([1, 0])
  })
})
