/** Makes an API key and shows its secret this once. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { Button, Checkbox, Code, Dialog, Form, Notice, Select, TextInput } from '../../ui/index.ts'
import { type Scope, SCOPES } from './ApiKey.ts'
import { scopeText, w } from './words.ts'

type Props = { open: boolean; onClose: () => void; onMade: () => void }

export function NewKey({ open, onClose, onMade }: Props) {
  const [made, setMade] = useState<{ secret: string | null }>()
  const close = () => {
    setMade(undefined)
    onClose()
  }
  if (made !== undefined) return <Secret secret={made.secret} open={open} onClose={close} />
  return (
    <Dialog open={open} title={w.create()} onClose={close} wide>
      <Making
        onClose={close}
        onMade={(secret) => {
          setMade({ secret })
          onMade()
        }}
      />
    </Dialog>
  )
}

function Secret({ secret, open, onClose }: { secret: string | null; open: boolean; onClose: () => void }) {
  const actions = (
    <Button kind="primary" onClick={onClose}>
      {w.stored()}
    </Button>
  )
  return (
    <Dialog open={open} title={w.secretTitle()} onClose={onClose} actions={actions}>
      {secret === null ? (
        <Notice tone="warn">{w.secretGone()}</Notice>
      ) : (
        <>
          <p class="prose">{w.secretOnce()}</p>
          <Code text={secret} label={w.secret()} />
        </>
      )}
    </Dialog>
  )
}

const LASTS = ['30', '90', '365', ''] as const

function Making({ onClose, onMade }: { onClose: () => void; onMade: (secret: string | null) => void }) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>([])
  const [days, setDays] = useState<(typeof LASTS)[number]>('90')
  const submit = async () => {
    const expiresInDays = days === '' ? null : Number(days)
    const body = { name: name.trim(), scopes: [...scopes], expiresInDays }
    const { secret } = await data(api.POST('/api-keys', { body }))
    onMade(secret)
  }
  const lasts = LASTS.map((value) => ({
    value,
    label: value === '' ? w.forever() : value === '365' ? w.year() : w.days({ n: Number(value) }),
  }))
  return (
    <Form
      onSubmit={submit}
      submit={w.create()}
      disabled={name.trim() === '' || scopes.length === 0}
      beside={<Button onClick={onClose}>{w.cancel()}</Button>}
    >
      <TextInput
        label={w.name()}
        hint={w.nameHint()}
        name="name"
        value={name}
        onChange={setName}
        maxLength={100}
        required
      />
      <Scopes chosen={scopes} onChange={setScopes} />
      <Select
        label={w.lasts()}
        name="expiresInDays"
        hint={days === '' ? w.foreverHint() : undefined}
        value={days}
        options={lasts}
        onChange={setDays}
      />
    </Form>
  )
}

function Scopes({ chosen, onChange }: { chosen: readonly Scope[]; onChange: (scopes: readonly Scope[]) => void }) {
  const turn = (scope: Scope, on: boolean) =>
    onChange(SCOPES.filter((each) => (each === scope ? on : chosen.includes(each))))
  return (
    <fieldset>
      <legend>{w.scopesLegend()}</legend>
      <p class="hint">{w.scopesHint()}</p>
      <div class="actions">
        <Button kind="quiet" onClick={() => onChange(SCOPES.filter((scope) => scope.endsWith(':read')))}>
          {w.readOnly()}
        </Button>
        <Button kind="quiet" onClick={() => onChange([])}>
          {w.none()}
        </Button>
      </div>
      {SCOPES.map((scope) => (
        <Checkbox
          key={scope}
          label={scope}
          hint={scopeText(scope)}
          value={chosen.includes(scope)}
          onChange={(on) => turn(scope, on)}
        />
      ))}
      {chosen.length === 0 && <p class="hint">{w.scopesNone()}</p>}
    </fieldset>
  )
}
