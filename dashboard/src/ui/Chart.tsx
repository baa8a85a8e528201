/** Numbers over time as lines, and the same numbers as a table. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Plot } from './Plot.ts'
import { formatTime } from '../format/Time.ts'
import { locale } from '../text.ts'
import { isDark } from '../Theme.ts'
import { Table } from './Table.tsx'
import { uiWords as w } from './words.ts'

export type Series = {
  label: string
  values: (number | null)[]
  /** Between which the value is expected: lower and upper ends. */
  band?: [lower: (number | null)[], upper: (number | null)[]] | undefined
}

type Props = {
  title: string
  /** `USDC`, `requests`. */
  unit: string
  /** Unix milliseconds, ascending. */
  x: number[]
  series: Series[]
  /** A number of the series for people. Money comes as a float here: for drawing only. */
  format: (value: number) => string
  height?: number
}

/** Nothing of it moves by itself; the library comes with the first chart. */
export function Chart({ title, unit, x, series, format, height = 220 }: Props) {
  const [at, setAt] = useState<number>()
  if (x.length === 0) return <p class="empty">{w.noNumbers()}</p>
  const place = at ?? x.length - 1
  return (
    <figure class="chart">
      <figcaption>
        <span class="title">{title}</span>
        <span class="hint"> {unit}</span>
        <Legend
          series={series}
          at={place}
          format={format}
          time={at === undefined ? w.latest() : formatTime(x[place] ?? 0)}
        />
      </figcaption>
      <Lines title={title} x={x} series={series} format={format} height={height} onPoint={setAt} />
      <details>
        <summary>{w.numbers()}</summary>
        <Numbers title={title} unit={unit} x={x} series={series} format={format} />
      </details>
    </figure>
  )
}

type Drawn = Omit<Props, 'unit' | 'height'> & { height: number; onPoint: (at: number | undefined) => void }

function Lines({ title, x, series, format, height, onPoint }: Drawn) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot>()
  const language = locale.value
  const colours = isDark.value
  useEffect(() => {
    let gone = false
    const drawn = import('./Plot.ts').then(({ draw }) => {
      if (gone || place.current === null) return
      plot.current = draw(place.current, { x, series, format, height, onPoint })
    })
    // Without the picture there is still the table.
    drawn.catch(() => {})
    return () => {
      gone = true
      plot.current?.remove()
      plot.current = undefined
    }
  }, [x, series, height, language, colours])
  const ends = { from: formatTime(x[0] ?? 0), to: formatTime(x.at(-1) ?? 0) }
  return (
    <div
      ref={place}
      class="plot"
      role="img"
      aria-label={w.chartOf({ title, n: x.length, ...ends })}
      style={{ minHeight: `${height}px` }}
    />
  )
}

function Legend({
  series,
  at,
  format,
  time,
}: {
  series: Series[]
  at: number
  format: (value: number) => string
  time: string
}) {
  return (
    <span class="legend">
      {series.map(({ label, values }, index) => (
        <span key={label} class={`series-${index % 6}`}>
          {label} <b>{said(values[at], format)}</b>
        </span>
      ))}
      <span class="hint">{time}</span>
    </span>
  )
}

function Numbers({ title, unit, x, series, format }: Omit<Props, 'height'>) {
  const rows = x.map((ms, index) => ({ ms, index }))
  const columns = series.flatMap(({ label, values, band }, number) => [
    column(`${number}`, `${label} (${unit})`, values, format),
    ...(band === undefined
      ? []
      : [
          column(`${number}-lower`, w.lower({ label }), band[0], format),
          column(`${number}-upper`, w.upper({ label }), band[1], format),
        ]),
  ])
  const time = { key: 'time', head: w.time(), cell: (row: { ms: number }) => formatTime(row.ms) }
  return (
    <Table
      caption={title}
      columns={[time, ...columns]}
      rows={rows}
      keyOf={({ ms }) => String(ms)}
      empty={<p>{w.noNumbers()}</p>}
    />
  )
}

function column(key: string, head: string, values: (number | null)[], format: (value: number) => string) {
  return { key, head, align: 'end' as const, cell: (row: { index: number }) => said(values[row.index], format) }
}

const said = (value: number | null | undefined, format: (value: number) => string) =>
  value === null || value === undefined ? '–' : format(value)
