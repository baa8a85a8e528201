/**
 * Rows of data. Above 150 rows only those are drawn that can be seen, in a box that scrolls: 100,000 rows are as fast as a
 * hundred. It stays a real table: screen readers hear how many rows there are and which one this is.
 */
import type { ComponentChildren, JSX } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import { go, Link } from '../Router.ts'
import { Button } from './Button.tsx'
import { Icon } from './Icon.tsx'
import { Loading } from './States.tsx'
import { useScrolled } from './Scrolled.ts'
import { isNearEnd, windowOf } from './Window.ts'
import { uiWords as w } from './words.ts'

export type Column<T> = {
  key: string
  head: string
  cell: (row: T) => ComponentChildren
  /** Numbers and money. */
  align?: 'end' | undefined
  /** Lets people sort by this column. Only for lists that are there whole: a page of a longer one would mislead. */
  sort?: ((a: T, b: T) => number) | undefined
}

type Props<T> = {
  /** What the rows are; heard, not seen. */
  caption: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  keyOf: (row: T) => string
  /** Loads the next page: by the button, or by scrolling near the end. */
  onMore?: (() => void) | undefined
  more?: boolean | undefined
  loading?: boolean | undefined
  /** What stands here without rows. */
  empty: ComponentChildren
  /** The page of a row. Its first cell becomes the link; the whole row can be clicked. */
  rowLink?: ((row: T) => string) | undefined
}

const WINDOWED_FROM = 150

type Order = { key: string; down: boolean }

export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
  onMore,
  more = false,
  loading = false,
  empty,
  rowLink,
}: Props<T>) {
  const [order, setOrder] = useState<Order>()
  const box = useRef<HTMLDivElement>(null)
  const windowed = rows.length > WINDOWED_FROM
  const sorted = useMemo(() => inOrder(rows, columns, order), [rows, order])
  const scrolled = useScrolled(box, windowed, (scrollTop, height, rowHeight) => {
    if (more && !loading && isNearEnd({ total: rows.length, rowHeight, scrollTop, height })) onMore?.()
  })
  if (rows.length === 0) return loading ? <Loading /> : <>{empty}</>
  const { from, to } = windowed ? windowOf({ total: sorted.length, ...scrolled }) : { from: 0, to: sorted.length }
  const after = (sorted.length - to) * scrolled.rowHeight
  return (
    <div class="table">
      <div ref={box} class={`table-box ${windowed ? 'windowed' : ''}`} role="region" aria-label={caption} tabIndex={0}>
        <table aria-rowcount={more ? -1 : sorted.length + 1} aria-busy={loading}>
          <caption class="sr-only">{caption}</caption>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map((column) => (
                <Head key={column.key} column={column} order={order} setOrder={setOrder} />
              ))}
            </tr>
          </thead>
          <tbody>
            {from > 0 && <Gap height={from * scrolled.rowHeight} span={columns.length} />}
            {sorted.slice(from, to).map((row, index) => (
              <Row key={keyOf(row)} row={row} index={from + index} columns={columns} rowLink={rowLink} />
            ))}
            {after > 0 && <Gap height={after} span={columns.length} />}
          </tbody>
        </table>
      </div>
      <div class="table-foot">
        <span class="hint">{more ? w.rowsSoFar({ n: rows.length }) : w.rows({ n: rows.length })}</span>
        {more && onMore !== undefined && (
          <Button busy={loading} onClick={() => onMore()}>
            {w.more()}
          </Button>
        )}
      </div>
    </div>
  )
}

/** The room of rows that are not drawn. */
function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden="true" class="gap">
      <td colSpan={span} style={{ height: `${height}px` }} />
    </tr>
  )
}

function Head<T>({
  column,
  order,
  setOrder,
}: {
  column: Column<T>
  order: Order | undefined
  setOrder: (order: Order | undefined) => void
}) {
  const { key, head, align, sort } = column
  const down = order?.key === key ? order.down : undefined
  const sorted = down === undefined ? undefined : down ? 'descending' : 'ascending'
  // Down first: the newest and the largest are what one looks for; the third press is the order of the list again.
  const press = () => setOrder(down === undefined ? { key, down: true } : down ? { key, down: false } : undefined)
  return (
    <th scope="col" class={align} aria-sort={sorted}>
      {sort === undefined ? (
        head
      ) : (
        <button type="button" class="sorter" onClick={press}>
          {head}
          <Icon name={down === undefined ? 'sort' : down ? 'down' : 'up'} />
        </button>
      )}
    </th>
  )
}

function Row<T>({
  row,
  index,
  columns,
  rowLink,
}: {
  row: T
  index: number
  columns: readonly Column<T>[]
  rowLink: ((row: T) => string) | undefined
}) {
  const to = rowLink?.(row)
  return (
    <tr
      aria-rowindex={index + 2}
      class={to === undefined ? undefined : 'linked'}
      onClick={to === undefined ? undefined : (event) => follow(event, to)}
    >
      {columns.map(({ key, cell, align }, at) => (
        <td key={key} class={align}>
          {to !== undefined && at === 0 ? <Link to={to}>{cell(row)}</Link> : cell(row)}
        </td>
      ))}
    </tr>
  )
}

/** A click on a row, unless it was meant for something in it or marked text. */
function follow(event: JSX.TargetedMouseEvent<HTMLTableRowElement>, to: string): void {
  const within = event.target instanceof Element ? event.target.closest('a, button, input, select, label') : null
  if (within !== null || event.button !== 0 || (getSelection()?.toString() ?? '') !== '') return
  go(to)
}

/** The rows by a column; without one as they came. */
function inOrder<T>(rows: readonly T[], columns: readonly Column<T>[], order: Order | undefined): readonly T[] {
  const sort = columns.find(({ key }) => key === order?.key)?.sort
  if (sort === undefined || order === undefined) return rows
  return rows.toSorted(order.down ? (a, b) => sort(b, a) : sort)
}
