/** A button that reads a file of the API to its end and hands it to the browser, with how far it is. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button, toast } from '../../ui/index.ts'
import { type ExportName, type ExportQuery, partsOf, readWhole } from './Export.ts'
import { save } from './Save.ts'
import { w } from './words.ts'

type Props = { name: ExportName; called: string; query: ExportQuery }

/** `called`: the file in words. */
export function Download({ name, called, query }: Props) {
  const [count, setCount] = useState<number>()
  const running = useRef<AbortController>()
  useEffect(() => () => running.current?.abort(), [])
  const download = async () => {
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
  return (
    <div class="actions">
      <Button onClick={download} label={w.downloadNamed({ name: called })}>
        {w.download()}
      </Button>
      {count !== undefined && (
        <>
          <span role="status">{w.downloading({ n: count })}</span>
          <Button kind="quiet" onClick={() => running.current?.abort()}>
            {w.stop()}
          </Button>
        </>
      )}
    </div>
  )
}
