/** The form of a new key. What it will mean stands beside it in words, and changes as one types. */
import { useRef, useState } from 'preact/hooks'
import { chainName } from '../../Chains.ts'
import { go } from '../../Router.ts'
import { Button } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Form } from '../../ui/Form.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { Select } from '../../ui/Select.tsx'
import { Switch } from '../../ui/Switch.tsx'
import { TextArea } from '../../ui/TextArea.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { useUnsaved } from '../../ui/useUnsaved.ts'
import * as Acts from './Acts.ts'
import { Choice } from './Choice.tsx'
import { type Draft, type Errors, errorsOf, toBody } from './Draft.ts'
import { makeKeyExample } from './Examples.ts'
import type { Made } from './Key.ts'
import { LimitFields } from './LimitFields.tsx'
import { Summary } from './Summary.tsx'
import type { Chain } from './Terms.ts'
import { w } from './newWords.ts'

type Props = { chains: Chain[]; first: Draft; onMade: (made: Made) => void }
export type Fields = { draft: Draft; errors: Errors; set: (change: Partial<Draft>) => void }

const nowS = () => Math.floor(Date.now() / 1_000)

export function NewForm({ chains, first, onMade }: Props) {
  const [draft, setDraft] = useState(first)
  const [tried, setTried] = useState(false)
  useUnsaved(draft !== first)
  // One form is one key: who presses twice, or again after an answer that was lost, makes no second one.
  const order = useRef({ body: '', key: '' })
  const errors = tried ? errorsOf(draft, nowS()) : {}
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }))
  const submit = async () => {
    setTried(true)
    if (Object.keys(errorsOf(draft, nowS())).length > 0) throw new Error(w.fixErrors())
    const said = JSON.stringify(draft, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    if (order.current.body !== said) order.current = { body: said, key: crypto.randomUUID() }
    onMade(await Acts.create(toBody(draft, nowS()), { 'Idempotency-Key': order.current.key }))
  }
  const chain = chains.find(({ chainId }) => chainId === draft.chainId) ?? chains[0]
  const fields = { draft, errors, set }
  return (
    <Form
      onSubmit={submit}
      submit={draft.contract === 'escrow' ? w.createAndSign() : w.create()}
      beside={<Button onClick={() => go('/keys')}>{w.cancel()}</Button>}
    >
      <Who {...fields} />
      <Where {...fields} chains={chains} chain={chain} />
      <Whom {...fields} />
      <LimitFields {...fields} />
      <div class="keys-summary">
        <Summary draft={draft} chain={chain} />
      </div>
    </Form>
  )
}

function Who({ draft, errors, set }: Fields) {
  return (
    <Section title={w.who()}>
      <TextInput
        label={w.name()}
        hint={w.nameHint()}
        name="name"
        value={draft.name}
        error={errors.name}
        maxLength={100}
        onChange={(name) => set({ name })}
      />
      <Choice
        label={w.maker()}
        value={draft.maker}
        options={[
          { value: 'own', label: w.own(), hint: w.ownHint() },
          { value: 'service', label: w.service(), hint: w.serviceHint() },
        ]}
        onChange={(maker) => set({ maker })}
      />
      {draft.maker === 'own' && (
        <>
          <TextInput
            label={w.keyAddress()}
            name="key"
            value={draft.key}
            error={errors.key}
            mono
            onChange={(key) => set({ key })}
          />
          <p class="hint">{w.makeYourself()}</p>
          <Code text={makeKeyExample()} label={w.makeYourself()} />
        </>
      )}
    </Section>
  )
}

function Where({ draft, set, chains, chain }: Fields & { chains: Chain[]; chain: Chain | undefined }) {
  const escrow = chain?.escrow !== undefined
  const choose = (text: string) => {
    const next = chains.find(({ chainId }) => String(chainId) === text)
    if (next === undefined) return
    set({ chainId: next.chainId, ...(next.escrow === undefined ? { contract: 'canonical' } : {}) })
  }
  return (
    <Section title={w.where()}>
      <Select
        label={w.chain()}
        name="chainId"
        value={String(draft.chainId)}
        options={chains.map(({ chainId }) => ({ value: String(chainId), label: chainName(chainId) }))}
        onChange={choose}
      />
      <Choice
        label={w.contract()}
        value={draft.contract}
        options={[
          { value: 'escrow', label: w.escrow(), hint: escrow ? w.escrowHint() : w.noEscrow(), disabled: !escrow },
          { value: 'canonical', label: w.canonical(), hint: w.canonicalHint() },
        ]}
        onChange={(contract) => set({ contract })}
      />
    </Section>
  )
}

function Whom({ draft, errors, set }: Fields) {
  return (
    <Section title={w.whom()}>
      <TextArea
        label={w.payees()}
        hint={w.payeesHint()}
        name="payees"
        value={draft.payees}
        error={errors.payees}
        rows={3}
        placeholder="0x…"
        mono
        onChange={(payees) => set({ payees })}
      />
      <Switch label={w.anyRoute()} value={draft.anyRoute} onChange={(anyRoute) => set({ anyRoute })} />
      {!draft.anyRoute && (
        <TextArea
          label={w.routes()}
          hint={w.routesHint()}
          name="routes"
          value={draft.routes}
          error={errors.routes}
          rows={3}
          mono
          onChange={(routes) => set({ routes })}
        />
      )}
    </Section>
  )
}
