/** One endpoint: where, what, on or off, its secret, a test, and what was sent to it. */
import { useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import { formatTime } from '../../format/Time.ts'
import { go, Link } from '../../Router.ts'
import {
  Button,
  confirmDialog,
  Failed,
  Form,
  Loading,
  Notice,
  PageHead,
  Section,
  Switch,
  TextInput,
  tell,
  toast,
} from '../../ui/index.ts'
import { Deliveries } from './Deliveries.tsx'
import * as Calls from './Endpoint.ts'
import { EventChoice } from './EventChoice.tsx'
import { type EventName, isEvent } from './Events.ts'
import { Secret } from './Secret.tsx'
import { w } from './words.ts'

export default function EndpointPage({ params }: { params: Record<string, string> }) {
  const { id = '' } = params
  const found = useLoad((signal) => Calls.endpoint(id, signal), [id])
  const [secret, setSecret] = useState<string | null>()
  const [stamp, setStamp] = useState(0)
  const row = found.data?.data
  const etag = found.data?.etag ?? ''
  const test = async () => {
    await Calls.test(id)
    toast(w.testSent(), { kind: 'good' })
    setStamp((before) => before + 1)
  }
  const rotate = async () => {
    if (!(await confirmDialog({ title: w.rotateTitle(), text: w.rotateText(), confirm: w.rotate() }))) return
    setSecret((await Calls.rotate(id, etag)).secret)
    found.reload()
  }
  const remove = async () => {
    const text = w.deleteText({ url: row?.url ?? '' })
    if (!(await confirmDialog({ title: w.deleteTitle(), text, confirm: w.delete(), danger: true }))) return
    await Calls.remove(id)
    toast(w.deleted(), { kind: 'good' })
    go('/webhooks')
  }
  return (
    <>
      <PageHead title={row?.url ?? w.endpoint()}>
        <Link to="/webhooks">{w.back()}</Link>
        {row !== undefined && (
          <>
            <Button onClick={test} disabled={!row.enabled}>
              {w.test()}
            </Button>
            <Button onClick={rotate}>{w.rotate()}</Button>
            <Button kind="danger" onClick={remove}>
              {w.delete()}
            </Button>
          </>
        )}
      </PageHead>
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      {row === undefined && found.error === undefined && <Loading />}
      {row !== undefined && (
        <>
          <Standing row={row} etag={etag} reload={found.reload} />
          <Section title={w.edit()}>
            <Edit key={row.updatedAt} row={row} etag={etag} reload={found.reload} />
          </Section>
          <Section title={w.deliveries()}>
            <Deliveries endpoints={[]} of={id} stamp={stamp} />
          </Section>
        </>
      )}
      {secret !== undefined && <Secret secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  )
}

type Parts = { row: Calls.Endpoint; etag: string; reload: () => void }

function Standing({ row, etag, reload }: Parts) {
  const turn = async (enabled: boolean) => {
    const { etag: next } = await Calls.edit(row.id, etag, { enabled })
    reload()
    const undo = async () => {
      await Calls.edit(row.id, next, { enabled: !enabled })
      reload()
    }
    toast(enabled ? w.turnedOn() : w.turnedOff(), { undo })
  }
  return (
    <>
      {row.failingSince !== null && <Notice tone="warn">{w.failingText({ at: formatTime(row.failingSince) })}</Notice>}
      {row.previousSecretUntil !== null && (
        <Notice tone="info">{w.previous({ at: formatTime(row.previousSecretUntil) })}</Notice>
      )}
      <Switch
        label={w.enabled()}
        hint={w.enabledHint()}
        value={row.enabled}
        onChange={(on) => void turn(on).catch(tell)}
      />
    </>
  )
}

function Edit({ row, etag, reload }: Parts) {
  const [url, setUrl] = useState(row.url)
  const [events, setEvents] = useState<EventName[]>(row.events.filter(isEvent))
  const submit = async () => {
    await Calls.edit(row.id, etag, { url: url.trim(), events })
    toast(w.saved(), { kind: 'good' })
    reload()
  }
  return (
    <Form onSubmit={submit} submit={w.save()} disabled={url.trim() === '' || events.length === 0}>
      <TextInput
        label={w.url()}
        hint={w.urlHint()}
        name="url"
        type="url"
        value={url}
        onChange={setUrl}
        maxLength={2048}
        mono
      />
      <EventChoice value={events} onChange={setEvents} />
    </Form>
  )
}
