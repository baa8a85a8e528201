/** A button that takes a file, and how far it is. */
import { Button } from '../../ui/index.ts'
import type { ExportName, ExportQuery } from './Export.ts'
import { type Taking, useFile } from './useFile.ts'
import { w } from './words.ts'

type Props = { name: ExportName; called: string; query: ExportQuery }

/** `called`: the file in words. */
export function Download({ name, called, query }: Props) {
  const file = useFile()
  return (
    <div class="actions">
      <Button onClick={() => file.take(name, query, called)} label={w.downloadNamed({ name: called })}>
        {w.download()}
      </Button>
      <HowFar file={file} />
    </div>
  )
}

export function HowFar({ file: { count, stop } }: { file: Taking }) {
  if (count === undefined) return null
  return (
    <>
      <span role="status">{w.downloading({ n: count })}</span>
      <Button kind="quiet" onClick={stop}>
        {w.stop()}
      </Button>
    </>
  )
}
