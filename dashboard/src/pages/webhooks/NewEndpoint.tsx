import { useState } from 'preact/hooks'
import { Button, Dialog, Form, TextInput } from '../../ui/index.ts'
import { create } from './Endpoint.ts'
import { EventChoice } from './EventChoice.tsx'
import type { EventName } from './Events.ts'
import { w } from './words.ts'

type Props = { open: boolean; onClose: () => void; onMade: (secret: string | null) => void }

/** Makes an endpoint; `onMade` gets its secret. */
export function NewEndpoint({ open, onClose, onMade }: Props) {
  return (
    <Dialog open={open} title={w.create()} onClose={onClose} wide>
      <Making onClose={onClose} onMade={onMade} />
    </Dialog>
  )
}

function Making({ onClose, onMade }: Omit<Props, 'open'>) {
  const [url, setUrl] = useState('')
  const [events, setEvents] = useState<EventName[]>(['*'])
  const submit = async () => onMade((await create(url.trim(), events)).secret)
  return (
    <Form
      onSubmit={submit}
      submit={w.create()}
      disabled={url.trim() === '' || events.length === 0}
      beside={<Button onClick={onClose}>{w.cancel()}</Button>}
    >
      <TextInput
        label={w.url()}
        hint={w.urlHint()}
        name="url"
        type="url"
        value={url}
        onChange={setUrl}
        placeholder="https://hooks.example.com/pbstream"
        maxLength={2048}
        mono
        required
      />
      <EventChoice value={events} onChange={setEvents} />
    </Form>
  )
}
