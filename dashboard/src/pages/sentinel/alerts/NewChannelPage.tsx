import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { go, Link } from '../../../Router.ts'
import { locale } from '../../../text.ts'
import { Form } from '../../../ui/Form.tsx'
import { PageHead } from '../../../ui/PageHead.tsx'
import * as Calls from '../Calls.ts'
import { pathOf, whoseOf } from '../Whose.ts'
import { ChannelFields } from './ChannelFields.tsx'
import { Secret } from './Secret.tsx'
import { beginning, toNew, type Wrong, wrongOf } from './Wish.ts'
import { w } from './words.ts'
import { zoneHere } from './Zone.ts'

/** Makes an alert channel; the secret of a webhook is shown before the page goes on. */
export default function NewChannelPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const [wish, setWish] = useState(() => beginning(zoneHere(), locale.peek()))
  const [wrong, setWrong] = useState<Wrong>({})
  const [made, setMade] = useState<{ id: string; secret: string }>()
  const toChannel = (id: string) => go(pathOf(whose, 'alerts', 'channels', id))
  const make = async () => {
    const found = wrongOf(wish, true)
    setWrong(found)
    if (Object.keys(found).length > 0) return
    const { id, secret } = await Calls.createChannel(whose, toNew(wish))
    if (secret === null) toChannel(id)
    else setMade({ id, secret })
  }
  return (
    <>
      <PageHead title={w.newChannel()}>
        <Link to={pathOf(whose, 'alerts')}>{w.back()}</Link>
      </PageHead>
      <Form onSubmit={make} submit={w.make()} disabled={made !== undefined}>
        <ChannelFields
          wish={wish}
          wrong={wrong}
          isNew
          onChange={(change) => setWish((before) => ({ ...before, ...change }))}
        />
      </Form>
      {made !== undefined && <Secret secret={made.secret} onClose={() => toChannel(made.id)} />}
    </>
  )
}
