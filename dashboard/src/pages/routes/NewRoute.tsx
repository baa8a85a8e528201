/** `/p/:provider/routes/new`: something to sell, with its first price. */
import type * as Rate from '@pbstream/core/Rate'
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { useLoad } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { go } from '../../Router.ts'
import { Button } from '../../ui/Button.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Form } from '../../ui/Form.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { Section } from '../../ui/Section.tsx'
import { Select } from '../../ui/Select.tsx'
import { toast } from '../../ui/Toast.tsx'
import { useUnsaved } from '../../ui/useUnsaved.ts'
import { loadEditor, oraclesOf } from '../rates/Editors.ts'
import { FIRST } from '../rates/Start.ts'
import { verifiedHosts } from './Hosts.ts'
import { NEW, type RouteDraft, toNew } from './RouteDraft.ts'
import { RouteFields } from './RouteFields.tsx'
import { base } from './Routes.tsx'
import { w } from './words.ts'

type NewRouteBody = components['schemas']['NewRoute']

export default function NewRoute({ params: { provider = '' } }: { params: Record<string, string> }) {
  const [draft, setDraft] = useState<RouteDraft>(NEW)
  const [isPaid, setPaid] = useState(true)
  const [card, setCard] = useState<Rate.Card>()
  const { data: verified } = useLoad(verifiedHosts, [])
  useUnsaved(draft !== NEW)
  const submit = async () => {
    if (isPaid && card === undefined) throw new Error(w.cardWrong())
    const body = toNew(draft, provider, isPaid ? ((card ?? null) as NewRouteBody['rate']) : null)
    const route = await confirmed((headers) => data(api.POST('/routes', { headers, body })))
    toast(w.created(), { kind: 'good' })
    go(`${base(provider)}/${encodeURIComponent(route.id)}`)
  }
  return (
    <>
      <PageHead title={w.newRoute()} text={w.newRouteText()} />
      <Form
        submit={w.create()}
        onSubmit={submit}
        beside={<Button onClick={() => go(base(provider))}>{w.cancel()}</Button>}
      >
        <RouteFields draft={draft} onChange={setDraft} provider={provider} verified={verified} />
        <Section title={w.price()} hint={w.firstPriceHint()}>
          <Select
            label={w.price()}
            name="rate"
            value={isPaid ? 'paid' : 'free'}
            options={[
              { value: 'paid', label: w.paid() },
              { value: 'free', label: w.isFree() },
            ]}
            onChange={(value) => setPaid(value === 'paid')}
          />
          {isPaid ? <FirstCard provider={provider} onCard={setCard} /> : <Notice tone="warn">{w.freeWarning()}</Notice>}
        </Section>
      </Form>
    </>
  )
}

function FirstCard({ provider, onCard }: { provider: string; onCard: (card: Rate.Card | undefined) => void }) {
  const {
    data: loaded,
    error,
    reload,
  } = useLoad(
    async (signal) => {
      const [Editor, oracles] = await Promise.all([loadEditor(), oraclesOf(provider, signal)])
      return { Editor, oracles }
    },
    [provider],
  )
  if (loaded === undefined) return error === undefined ? <Loading /> : <Failed error={error} retry={reload} />
  const { Editor, oracles } = loaded
  return <Editor start={FIRST} oracles={oracles} onWrite={({ card }) => onCard(card)} />
}
