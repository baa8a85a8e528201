/** Drawing with uPlot. A file of its own: it is loaded with the first chart. */
import uPlot from 'uplot'
import { formatClock, formatDate } from '../format/Time.ts'
import { formatShort } from '../format/Number.ts'
import type { Series } from './Chart.tsx'

export type Plot = { remove(): void }

type Drawing = {
  x: number[]
  series: Series[]
  format: (value: number) => string
  height: number
  onPoint: (at: number | undefined) => void
}

const DAY = 86_400

export function draw(place: HTMLElement, { x, series, format, height, onPoint }: Drawing): Plot {
  const colour = (name: string) => getComputedStyle(place).getPropertyValue(`--${name}`).trim()
  const ink = colour('soft')
  const grid = { stroke: colour('line'), width: 1 }
  const font = `11px ${getComputedStyle(place).fontFamily}`
  const span = ((x.at(-1) ?? 0) - (x[0] ?? 0)) / 1000
  const lines = linesOf(series, (index) => colour(`series-${index % 6}`))
  const axis = { stroke: ink, grid, ticks: grid, font }
  const plot = new uPlot(
    {
      width: Math.max(1, place.clientWidth),
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: rangeOf } },
      series: [{}, ...lines.series],
      bands: lines.bands,
      axes: [
        { ...axis, space: 70, values: (_, splits) => splits.map((at) => timeLabel(at, span)) },
        { ...axis, size: 56, values: (_, splits) => splits.map((value) => axisLabel(value, format)) },
      ],
      hooks: { setCursor: [(drawn) => onPoint(drawn.cursor.idx ?? undefined)] },
    },
    [x.map((ms) => ms / 1000), ...lines.data],
    place,
  )
  const sizes = new ResizeObserver(() => plot.setSize({ width: Math.max(1, place.clientWidth), height }))
  sizes.observe(place)
  return {
    remove() {
      sizes.disconnect()
      plot.destroy()
    },
  }
}

/** Amounts begin at nothing: a scale cut off below makes small changes look large. */
function rangeOf(_: uPlot, min: number | null, max: number | null): [number, number] {
  const top = Math.max(0, max ?? 0)
  const bottom = Math.min(0, min ?? 0)
  return top === bottom ? [0, 1] : [bottom * 1.05, top * 1.05]
}

function linesOf(all: Series[], colour: (index: number) => string) {
  const series: uPlot.Series[] = []
  const data: (number | null)[][] = []
  const bands: uPlot.Band[] = []
  for (const [index, { label, values, band }] of all.entries()) {
    const stroke = colour(index)
    if (band !== undefined) {
      const edge = { stroke, width: 1, dash: [2, 3], points: { show: false } }
      const first = series.length + 1
      series.push({ ...edge, label: `${label} upper` }, { ...edge, label: `${label} lower` })
      data.push(band[1], band[0])
      bands.push({ series: [first, first + 1], fill: `color-mix(in srgb, ${stroke} 14%, transparent)` })
    }
    // One point alone is no line: it is drawn as a dot.
    const alone = values.filter((value) => value !== null).length < 2
    series.push({
      label,
      stroke,
      width: 1.5,
      points: { show: alone, size: 6 },
      ...(index > 0 && { dash: DASHES[index % 3] ?? [] }),
    })
    data.push(values)
  }
  return { series, data, bands }
}

/** Lines differ by more than colour. */
const DASHES: readonly number[][] = [[], [6, 3], [2, 2]]

/** The day at midnight, and everywhere on a scale of days; else the time of day. */
function timeLabel(seconds: number, span: number): string {
  const at = new Date(seconds * 1000)
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0
  return span > 8 * DAY || isMidnight ? formatDate(at) : formatClock(at)
}

function axisLabel(value: number, format: (value: number) => string): string {
  const text = format(value)
  return text.length > 8 ? formatShort(value) : text
}
