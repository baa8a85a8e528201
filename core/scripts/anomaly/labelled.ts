/** Labelled streams in a folder: CSV files `timestamp,value` below folders that are their categories. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Row = { readonly timestamp: string; readonly value: string; readonly at: number; readonly number: number }
/** `path`: below the folder, with `/`; its first part is the category. `windows`: Unix ms, both ends included. */
export type Labelled = {
  readonly path: string
  readonly rows: readonly Row[]
  readonly windows: readonly (readonly [number, number])[]
}

/** Every CSV below `folder`, in order of their paths. Windows of files that are not there are left out. */
export function readLabelled(folder: string, windowsFile: string | undefined): Labelled[] {
  const windows =
    windowsFile === undefined
      ? {}
      : (JSON.parse(readFileSync(windowsFile, 'utf8')) as Record<string, [string, string][]>)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.csv'))
    .toSorted()
    .map((path) => ({
      path,
      rows: readRows(join(folder, path)),
      windows: (windows[path] ?? []).map(([from, to]) => [time(from), time(to)] as const),
    }))
}

function readRows(file: string): Row[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  const rows: Row[] = []
  for (const [i, line] of lines.entries()) {
    if (line === '' || (i === 0 && line.startsWith('timestamp'))) continue
    const [timestamp = '', value = ''] = line.split(',')
    const row = { timestamp, value, at: time(timestamp), number: Number(value) }
    if (value === '' || !Number.isFinite(row.at) || !Number.isFinite(row.number))
      throw new Error(`${file}:${i + 1}: not timestamp,value: ${line}`)
    rows.push(row)
  }
  return rows
}

/** `2014-04-10 07:15:00.000000` and ISO 8601; UTC where no zone is named. */
function time(text: string): number {
  const iso = text
    .trim()
    .replace(' ', 'T')
    .replace(/(\.\d{3})\d+/, '$1')
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`)
}
