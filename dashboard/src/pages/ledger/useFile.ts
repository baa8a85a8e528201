/** A file of the API read to its end and handed to the browser: how far it is, and stopping it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { toast } from '../../ui/Toast.tsx'
import { type ExportName, type ExportQuery, partsOf, readWhole } from './Export.ts'
import { save } from './Save.ts'
import { w } from './words.ts'

export type Taking = {
  /** Lines so far; undefined: nothing is under way. */
  count: number | undefined
  /** `called`: the file in words. @throws {ApiProblem} */
  take(name: ExportName, query: ExportQuery, called: string): Promise<void>
  stop(): void
}

export function useFile(): Taking {
  const [count, setCount] = useState<number>()
  const running = useRef<AbortController>()
  const stop = () => running.current?.abort()
  useEffect(() => stop, [])
  const take = async (name: ExportName, query: ExportQuery, called: string) => {
    const control = new AbortController()
    running.current = control
    setCount(0)
    const pieces: string[] = []
    try {
      const total = await readWhole(partsOf(name, query, control.signal), {
        lines: (lines) => pieces.push(lines.join('')),
        counted: setCount,
      })
      if (total === 0) return toast(w.noLines())
      save(new Blob(pieces, { type: 'text/csv;charset=utf-8' }), `pbstream-${name}.csv`)
      toast(w.downloaded({ name: called, n: total }), { kind: 'good' })
    } catch (error) {
      if (!control.signal.aborted) throw error
    } finally {
      setCount(undefined)
    }
  }
  return { count, take, stop }
}
