/** Making a session key: the form, then its secret and, in the escrow, the registration. */
import { useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import { go, pathOf, useFilter } from '../../Router.ts'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import * as Acts from './Acts.ts'
import { begin, type Draft, like } from './Draft.ts'
import type { Made } from './Key.ts'
import { MadeKey } from './MadeKey.tsx'
import { NewForm } from './NewForm.tsx'
import { type Chain, useChains } from './Terms.ts'
import { w } from './newWords.ts'

export default function NewPage() {
  const [filter] = useFilter(['like'])
  const chains = useChains()
  const model = useLoad(
    async (signal) => (filter.like === undefined ? undefined : (await Acts.detail(filter.like, signal)).data),
    [filter.like],
  )
  const [made, setMade] = useState<Made>()
  if (made !== undefined) {
    return (
      <>
        <PageHead title={w.made()} text={made.name} />
        <MadeKey made={made} sign={made.sign} toKey={() => go(pathOf('/keys/:id', { id: made.id }))} />
      </>
    )
  }
  const error = chains.error ?? model.error
  return (
    <>
      <PageHead title={w.title()} text={w.intro()} />
      {error !== undefined && (
        <Failed error={error} retry={chains.error === undefined ? model.reload : chains.reload} />
      )}
      {error === undefined && (chains.data === undefined || model.loading) && <Loading />}
      {chains.data !== undefined && !model.loading && model.error === undefined && (
        <Begun chains={chains.data} model={model.data} onMade={setMade} />
      )}
    </>
  )
}

type BegunProps = { chains: Chain[]; model: Parameters<typeof like>[0] | undefined; onMade: (made: Made) => void }

function Begun({ chains, model, onMade }: BegunProps) {
  const [chain] = chains
  const [first] = useState(() => chain && draftFor(chain, model))
  if (first === undefined) return <Notice tone="info">{w.noChains()}</Notice>
  return (
    <div class="keys-new">
      <NewForm chains={chains} first={first} onMade={onMade} />
    </div>
  )
}

function draftFor(chain: Chain, model: Parameters<typeof like>[0] | undefined): Draft {
  if (model !== undefined) return like(model, Math.floor(Date.now() / 1_000))
  return begin(chain.chainId, chain.escrow === undefined ? 'canonical' : 'escrow')
}
