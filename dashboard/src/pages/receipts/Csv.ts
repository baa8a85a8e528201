/** Files of the API. A link would not do: the mode travels in a header. Read piece by piece, so that progress shows. */
import { ApiProblem } from '../../api/Client.ts'
import { mode } from '../../Session.ts'

export type File = 'payments' | 'settlements' | 'movements'
export type Filter = { since?: string | undefined; until?: string | undefined; session?: string | undefined }

/** The address of a file of what the wallet's keys paid. */
export function fileUrl(file: File, filter: Filter): string {
  const query = new URLSearchParams({ side: 'payer' })
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined && value !== '') query.set(name, value)
  }
  return `/v1/exports/${file}.csv?${query.toString()}`
}

/**
 * Downloads a file. `onBytes` hears how much has come.
 *
 * @throws {ApiProblem}
 */
export async function download(file: File, filter: Filter, onBytes: (bytes: number) => void): Promise<string> {
  const response = await fetch(fileUrl(file, filter), {
    credentials: 'same-origin',
    headers: { 'PBStream-Mode': mode.value },
  })
  if (!response.ok || response.body === null) {
    throw ApiProblem.of(response, await response.json().catch(() => undefined))
  }
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    bytes += value.length
    onBytes(bytes)
  }
  const name = `${file}-${new Date().toISOString().slice(0, 10)}.csv`
  save(new Blob(pieces, { type: 'text/csv' }), name)
  return name
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
