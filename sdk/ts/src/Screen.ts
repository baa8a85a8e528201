/** What people and programs see: progress on stderr, the result on stdout. */

export type Screen = {
  out(line: string): void
  note(line: string): void
  /** Bytes on stdout, as they are; resolves when there is room for more. Rejects when nobody reads any longer. */
  write(bytes: Uint8Array): Promise<void>
}

/** The result as JSON (amounts as decimal strings) or as lines. */
export function show(screen: Screen, json: boolean | undefined, result: unknown, lines: readonly string[]): void {
  if (json === true)
    screen.out(JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? `${value}` : value), 2))
  else for (const line of lines) screen.out(line)
}

/** `2 channels`, `1 channel`. */
export function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`
}

/** Unix seconds as UTC, to the second. */
export function time(seconds: number): string {
  return `${new Date(1000 * seconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Seconds as a person says them: `2 d 3 h`, `14 min 30 s`, `now` for none. */
export function duration(seconds: number): string {
  if (seconds <= 0) return 'now'
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ].filter(([n]) => n !== 0)
  return parts
    .slice(0, 2)
    .map((part) => part.join(' '))
    .join(' ')
}
