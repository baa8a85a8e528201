/** How much of something is used or done. Both numbers in the same unit; `text` is what stands beside the bar. */
export function Progress({
  value,
  max,
  label,
  text,
  tone,
}: {
  value: number | bigint
  max: number | bigint
  label: string
  text?: string
  tone?: 'warn' | 'bad'
}) {
  const share = shareOf(value, max)
  return (
    <span class={`progress ${tone ?? ''}`}>
      <progress value={share} max={1} aria-label={label} aria-valuetext={text} />
      {text !== undefined && <span class="text">{text}</span>}
    </span>
  )
}

/** Between 0 and 1, to a ten-thousandth; of bigints without losing any of their digits before. */
export function shareOf(value: number | bigint, max: number | bigint): number {
  if (typeof value === 'bigint' || typeof max === 'bigint') {
    const [part, whole] = [BigInt(value), BigInt(max)]
    return whole <= 0n ? 0 : Math.min(1, Math.max(0, Number((part * 10_000n) / whole) / 10_000))
  }
  return max > 0 ? Math.min(1, Math.max(0, value / max)) : 0
}
