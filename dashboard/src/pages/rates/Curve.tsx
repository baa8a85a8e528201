/** A small picture of the price, over a quantity or over the day, with its numbers in a table. */
import type * as Rate from '@pbstream/core/Rate'
import { useState } from 'preact/hooks'
import { formatNumber } from '../../format/Number.ts'
import { Select } from '../../ui/Select.tsx'
import { overDay, overQuantity, type Point, reach, zoneOf } from './CurvePoints.ts'
import { usdc } from './Exact.ts'
import { unitName } from './Units.ts'
import { w } from './words.ts'

type Props = { card: Rate.Card; units: readonly string[]; usage: Rate.Usage; terms: Rate.Terms }

const DAY = 'day'

export function Curve({ card, units, usage, terms }: Props) {
  const [chosen, setChosen] = useState<string>()
  const over = chosen !== undefined && (chosen === DAY || units.includes(chosen)) ? chosen : (units[0] ?? DAY)
  const points =
    over === DAY
      ? overDay(card, usage, terms)
      : overQuantity(card, over, reach(card, over, usage.units[over] ?? 0n), usage, terms)
  const x = (at: number) => (over === DAY ? clock(at, zoneOf(card)) : formatNumber(over === 'second' ? at / 1000 : at))
  const title = over === DAY ? w.overDay({ zone: zoneOf(card) }) : w.overUnit({ unit: unitName(over) })
  return (
    <figure class="rate-curve">
      <Select
        label={w.curve()}
        value={over}
        options={[
          ...units.map((unit) => ({ value: unit, label: w.overUnit({ unit: unitName(unit) }) })),
          { value: DAY, label: w.overDay({ zone: zoneOf(card) }) },
        ]}
        onChange={setChosen}
      />
      <Picture points={points} title={title} x={x} />
      <details>
        <summary>{w.asTable()}</summary>
        <table>
          <caption class="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{over === DAY ? w.moment() : unitName(over)}</th>
              <th scope="col">{w.amountUsdc()}</th>
            </tr>
          </thead>
          <tbody>
            {changesOf(points).map((point) => (
              <tr key={point.x}>
                <td class="number">{x(point.x)}</td>
                <td class="number">{usdc(String(point.price))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  )
}

const WIDTH = 480
const HEIGHT = 140

function Picture({ points, title, x }: { points: readonly Point[]; title: string; x: (at: number) => string }) {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return null
  const top = points.reduce((most, { price }) => (price > most ? price : most), 0n)
  const across = (at: number) => ((at - first.x) / (last.x - first.x || 1)) * WIDTH
  // Pixels, not money: a thousandth of the height is finer than the eye.
  const up = (price: bigint) => HEIGHT - (Number((price * 1000n) / (top || 1n)) / 1000) * HEIGHT
  const line = points.map(({ x: at, price }) => `${across(at).toFixed(1)},${up(price).toFixed(1)}`).join(' ')
  return (
    <>
      <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`} role="img" aria-label={title} preserveAspectRatio="none">
        <line class="axis" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        <polyline class="line" points={line} />
      </svg>
      <figcaption class="rate-axis">
        <span>{x(first.x)}</span>
        <span>{w.upToPrice({ amount: usdc(String(top)) })}</span>
        <span>{x(last.x)}</span>
      </figcaption>
    </>
  )
}

/** Every point where the price changes, and some between: a table to read, not a hundred rows. */
function changesOf(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / 12)
  return points.filter(
    (point, index) => index === points.length - 1 || index % every === 0 || isTurn(points, index, point),
  )
}

/** Where the price leaps: before or after, it stands still. */
function isTurn(points: readonly Point[], index: number, { price }: Point): boolean {
  const before = points[index - 1]?.price
  const before2 = points[index - 2]?.price
  return before !== undefined && before !== price && before2 === before
}

function clock(at: number, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(at)
}
