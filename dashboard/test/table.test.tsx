/** However many rows there are, as many are drawn as can be seen. */
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Table } from '../src/ui/Table.tsx'
import { PageNode, page } from './support/Page.ts'

type Row = { id: number }

const rowsOf = (count: number): Row[] => Array.from({ length: count }, (_, id) => ({ id }))
const columns = [
  { key: 'id', head: 'Id', cell: ({ id }: Row) => `row ${id}` },
  { key: 'twice', head: 'Twice', align: 'end' as const, cell: ({ id }: Row) => <span>{2 * id}</span> },
]

let root: PageNode

beforeEach(() => {
  root = new PageNode(1, 'div')
  vi.stubGlobal('document', page)
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  )
})
afterEach(() => {
  draw(null)
  vi.unstubAllGlobals()
})

function draw(vnode: preact.ComponentChild): void {
  void act(() => render(vnode, root as unknown as Element))
}

function show(count: number, over: { more?: boolean; onMore?: () => void } = {}): void {
  draw(
    <Table
      caption="Rows"
      columns={columns}
      rows={rowsOf(count)}
      keyOf={({ id }) => String(id)}
      empty={<p>none</p>}
      {...over}
    />,
  )
}

const box = () => root.all('div').find(({ attributes }) => attributes['role'] === 'region')!
const drawn = () => root.all('tr').filter((row) => row.all('td').length === columns.length)
const gaps = () => root.all('tr').filter((row) => row.isGap)

function scrollTo(scrollTop: number): void {
  const element = box()
  element.scrollTop = scrollTop
  void act(() => element.fire('scroll'))
}

test('of 100,000 rows it draws those that can be seen, and says how many there are', () => {
  show(100_000)
  expect(drawn().length).toBeLessThan(60)
  expect(root.all().length).toBeLessThan(500)
  expect(drawn()[0]?.text).toBe('row 00')
  expect(root.all('table')[0]?.attributes['aria-rowcount']).toBe('100001')
  expect(root.text).toContain('100,000 rows')
})

test('far down it draws other ones, and no more of them', () => {
  show(100_000)
  scrollTo(50_000 * 40)
  const numbers = drawn().map(({ attributes }) => Number(attributes['aria-rowindex']) - 2)
  expect(numbers).toContain(50_000)
  expect(numbers).toContain(50_019)
  expect(drawn().length).toBeLessThan(60)
  expect(gaps()).toHaveLength(2)
  scrollTo(100_000 * 40)
  expect(drawn().at(-1)?.text).toBe('row 99999199998')
  expect(root.all().length).toBeLessThan(500)
})

test('sorted the other way round it draws the others first', () => {
  const sorted = columns.map((column) => ({ ...column, sort: (a: Row, b: Row) => a.id - b.id }))
  draw(<Table caption="Rows" columns={sorted} rows={rowsOf(100_000)} keyOf={({ id }) => String(id)} empty={null} />)
  const [sorter] = root.all('button')
  void act(() => sorter?.fire('click'))
  expect(drawn()[0]?.text).toBe('row 99999199998')
  expect(drawn().length).toBeLessThan(60)
})

test('the next page is asked for near the end, and not before', () => {
  const onMore = vi.fn()
  show(1_000, { more: true, onMore })
  scrollTo(100 * 40)
  expect(onMore).not.toHaveBeenCalled()
  scrollTo(970 * 40)
  expect(onMore).toHaveBeenCalled()
})

test('a short list is drawn whole, without a box that scrolls', () => {
  show(150)
  expect(drawn()).toHaveLength(150)
  expect(gaps()).toHaveLength(0)
})
