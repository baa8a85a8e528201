/** The tab of a route that says what it costs, and changes it. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { useUnsaved } from '../../ui/useUnsaved.ts'
import type { Route } from './Cards.ts'
import type { Written } from './CardEditor.tsx'
import { type CardJson, type Draft, fromJson } from './Draft.ts'
import { loadEditor, oraclesOf } from './Editors.ts'
import { Publish } from './Publish.tsx'
import { FIRST } from './Start.ts'
import { w } from './words.ts'

type Props = { route: Route; etag: string; onPublished: () => void }

export function RatesTab({ route, etag, onPublished }: Props) {
  const { id, providerId, rateVersion, comingVersions } = route
  const [written, setWritten] = useState<Written>()
  const loaded = useLoad(
    async (signal) => {
      const [Editor, current, oracles] = await Promise.all([
        loadEditor(),
        rateVersion === null ? null : draftOf(id, rateVersion, signal),
        oraclesOf(providerId, signal),
      ])
      return { Editor, current, oracles }
    },
    [id, rateVersion],
  )
  const start = loaded.data?.current ?? FIRST
  useUnsaved(written !== undefined && JSON.stringify(written.draft) !== JSON.stringify(start))
  if (loaded.data === undefined) {
    return loaded.error === undefined ? <Loading /> : <Failed error={loaded.error} retry={loaded.reload} />
  }
  const { Editor, current, oracles } = loaded.data
  return (
    <>
      {rateVersion === null ? <Notice tone="info">{w.isFree()}</Notice> : null}
      {comingVersions.length > 0 ? <Notice tone="info">{w.someComing({ n: comingVersions.length })}</Notice> : null}
      {/* Another card in force is another beginning. */}
      <Editor key={rateVersion} start={start} oracles={oracles} onWrite={setWritten} />
      {written === undefined ? null : (
        <Publish route={route} etag={etag} before={current} written={written} onPublished={onPublished} />
      )}
    </>
  )
}

async function draftOf(id: string, version: number, signal: AbortSignal): Promise<Draft> {
  const path = { id, version }
  const card = await data(api.GET('/routes/{id}/rate-cards/{version}', { params: { path }, signal }))
  return fromJson(card.rule as CardJson)
}
