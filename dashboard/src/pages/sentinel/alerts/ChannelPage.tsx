/** One alert channel: its settings, its messages, and what can be done with it. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLoad } from '../../../api/Load.ts'
import { Link } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { Facts } from '../../../ui/Facts.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Form } from '../../../ui/Form.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import { Section } from '../../../ui/Section.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Channel } from '../Types.ts'
import { pathOf, whoseOf } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { Acts } from './Acts.tsx'
import { ChannelState, whereOf } from './AlertsPage.tsx'
import { ChannelFields } from './ChannelFields.tsx'
import { Confirming } from './Confirming.tsx'
import { Deliveries } from './Deliveries.tsx'
import { toEdit, type Wrong, wishOf, wrongOf } from './Wish.ts'
import { w } from './words.ts'
import { zoneHere } from './Zone.ts'

export default function ChannelPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { id = '' } = params
  const { data, error, reload } = useLoad((signal) => Calls.channel(id, signal), [id, mode.value])
  const [tests, setTests] = useState(0)
  if (data === undefined) {
    return (
      <>
        <PageHead title={w.target()} />
        {error === undefined ? <Loading /> : <Failed error={error} retry={reload} />}
      </>
    )
  }
  const { data: channel, etag } = data
  const onTested = () => setTests((count) => count + 1)
  return (
    <>
      <PageHead title={channel.name}>
        <Link to={pathOf(whose, 'alerts')}>{w.back()}</Link>
      </PageHead>
      <Facts
        items={[
          [w.state(), <ChannelState channel={channel} />],
          [w.kind(), w[channel.kind]()],
          [w.target(), <span class="mono">{whereOf(channel)}</span>],
        ]}
      />
      <Acts whose={whose} channel={channel} etag={etag} onChange={reload} onTested={onTested} />
      {!channel.confirmed && <Confirming channel={channel} onDone={reload} />}
      <Section title={w.deliveries()} hint={w.deliveriesHint()}>
        <Deliveries id={channel.id} tests={tests} />
      </Section>
      <Section title={w.settings()}>
        <Settings key={etag} channel={channel} etag={etag} onDone={reload} />
      </Section>
    </>
  )
}

function Settings({ channel, etag, onDone }: { channel: Channel; etag: string; onDone(): void }): VNode {
  const [wish, setWish] = useState(() => wishOf(channel, zoneHere()))
  const [wrong, setWrong] = useState<Wrong>({})
  const save = async () => {
    const found = wrongOf(wish, false)
    setWrong(found)
    if (Object.keys(found).length > 0) return
    await Calls.editChannel(channel.id, etag, toEdit(wish, channel))
    toast(w.saved())
    onDone()
  }
  return (
    <Form onSubmit={save} submit={shared.save()}>
      <ChannelFields
        wish={wish}
        wrong={wrong}
        isNew={false}
        onChange={(change) => setWish((before) => ({ ...before, ...change }))}
      />
    </Form>
  )
}
