/** Values of an oracle as a chart draws them: oldest first; what was refused changed nothing. */

type Value = { at: string; status: string; raw: string | null; value: string | null }

/** Signals are within 64 bits; a drawing may round them. */
export function valuePoints(values: readonly Value[], labels: { value: string; raw: string }) {
  const shown = values.filter(({ status }) => status !== 'refused').toReversed()
  const number = (text: string | null) => (text === null ? null : Number(text))
  const raw = shown.map((each) => number(each.raw))
  const value = shown.map((each) => number(each.value))
  const differs = raw.some((each, index) => each !== null && each !== value[index])
  return {
    x: shown.map(({ at }) => Date.parse(at)),
    series: [{ label: labels.value, values: value }, ...(differs ? [{ label: labels.raw, values: raw }] : [])],
  }
}
