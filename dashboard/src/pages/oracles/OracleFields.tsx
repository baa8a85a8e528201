/** The members of an oracle, each with what it does. */
import { chainName } from '../../Chains.ts'
import { Checkbox } from '../../ui/Checkbox.tsx'
import { NumberInput } from '../../ui/NumberInput.tsx'
import { Section } from '../../ui/Section.tsx'
import { Select } from '../../ui/Select.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { useChains } from '../keys/Terms.ts'
import type { Kind, OracleDraft } from './OracleDraft.ts'
import { w } from './words.ts'

type Props = {
  draft: OracleDraft
  onChange: (draft: OracleDraft) => void
  /** An oracle stays of its kind. */
  isNew: boolean
}
type Setting = { draft: OracleDraft; set: (change: Partial<OracleDraft>) => void }

export function OracleFields({ draft, onChange, isNew }: Props) {
  const set = (change: Partial<OracleDraft>) => onChange({ ...draft, ...change })
  return (
    <>
      <TextInput
        label={w.name()}
        hint={w.nameHint()}
        name="name"
        required
        maxLength={100}
        value={draft.name}
        onChange={(name) => set({ name })}
      />
      <Select<Kind>
        label={w.kind()}
        hint={kindHint(draft.kind)}
        name="source.kind"
        disabled={!isNew}
        value={draft.kind}
        options={[
          { value: 'push', label: w.push() },
          { value: 'url', label: w.url() },
          { value: 'chain', label: w.chain() },
        ]}
        onChange={(kind) => set({ kind })}
      />
      {draft.kind === 'url' ? <UrlFields draft={draft} set={set} /> : null}
      {draft.kind === 'chain' ? <ChainFields draft={draft} set={set} /> : null}
      {draft.kind === 'push' ? null : <ReadFields draft={draft} set={set} />}
      <Section title={w.judging()} hint={w.judgingHint()}>
        <JudgingFields draft={draft} set={set} />
      </Section>
    </>
  )
}

function UrlFields({ draft, set }: Setting) {
  return (
    <>
      <TextInput
        label="URL"
        hint={w.urlHint()}
        name="source.url"
        required
        mono
        type="url"
        placeholder="https://api.example.com/v1/load"
        value={draft.url}
        onChange={(url) => set({ url })}
      />
      <TextInput
        label={w.path()}
        hint={w.pathHint()}
        name="source.path"
        required
        mono
        value={draft.path}
        onChange={(path) => set({ path })}
      />
      <TextInput
        label={w.headerName()}
        hint={w.headerHint()}
        name="source.header.name"
        mono
        placeholder="authorization"
        value={draft.headerName}
        onChange={(headerName) => set({ headerName })}
      />
      <TextInput
        label={w.headerValue()}
        name="source.header.value"
        mono
        type="password"
        autoComplete="new-password"
        value={draft.headerValue}
        onChange={(headerValue) => set({ headerValue })}
      />
    </>
  )
}

function ChainFields({ draft, set }: Setting) {
  const { data: chains = [] } = useChains()
  const known = [
    ...new Set([...chains.map(({ chainId }) => chainId), ...(draft.chainId === undefined ? [] : [draft.chainId])]),
  ]
  return (
    <>
      <Select<string>
        label={w.chainId()}
        hint={w.chainIdHint()}
        name="source.chainId"
        value={draft.chainId === undefined ? '' : String(draft.chainId)}
        options={[
          ...(draft.chainId === undefined ? [{ value: '', label: '–' }] : []),
          ...known.map((chainId) => ({ value: String(chainId), label: `${chainName(chainId)} (${chainId})` })),
        ]}
        onChange={(chainId) => set({ chainId: chainId === '' ? undefined : Number(chainId) })}
      />
      <TextInput
        label={w.contract()}
        name="source.contract"
        required
        mono
        placeholder="0x…"
        value={draft.contract}
        onChange={(contract) => set({ contract })}
      />
      <TextInput
        label={w.calldata()}
        hint={w.calldataHint()}
        name="source.data"
        required
        mono
        placeholder="0x50d25bcd"
        value={draft.data}
        onChange={(data) => set({ data })}
      />
      <NumberInput
        label={w.word()}
        hint={w.wordHint()}
        name="source.word"
        min={0}
        max={127}
        value={draft.word}
        onChange={(word) => set({ word })}
      />
      <Checkbox
        label={w.signed()}
        hint={w.signedHint()}
        name="source.signed"
        value={draft.signed}
        onChange={(signed) => set({ signed })}
      />
    </>
  )
}

function ReadFields({ draft, set }: Setting) {
  return (
    <>
      <NumberInput
        label={w.decimals()}
        hint={w.decimalsHint()}
        name="source.decimals"
        min={-18}
        max={18}
        value={draft.decimals}
        onChange={(decimals) => set({ decimals })}
      />
      <NumberInput
        label={w.every()}
        hint={w.everyHint()}
        name="source.everySeconds"
        min={60}
        max={86_400}
        unit="s"
        value={draft.everySeconds}
        onChange={(everySeconds) => set({ everySeconds })}
      />
    </>
  )
}

function JudgingFields({ draft, set }: Setting) {
  return (
    <>
      <TextInput
        label={w.min()}
        hint={w.minHint()}
        name="min"
        required
        value={draft.min}
        onChange={(min) => set({ min })}
      />
      <TextInput
        label={w.max()}
        hint={w.maxHint()}
        name="max"
        required
        value={draft.max}
        onChange={(max) => set({ max })}
      />
      <NumberInput
        label={w.smoothing()}
        hint={w.smoothingHint()}
        name="smoothing"
        min={0}
        max={999}
        unit="‰"
        value={draft.smoothing}
        onChange={(smoothing) => set({ smoothing })}
      />
      <NumberInput
        label={w.stale()}
        hint={w.staleHint()}
        name="staleSeconds"
        required
        min={30}
        max={2_592_000}
        unit="s"
        value={draft.staleSeconds}
        onChange={(staleSeconds) => set({ staleSeconds })}
      />
      <TextInput
        label={w.fallback()}
        hint={w.fallbackHint()}
        name="fallback"
        value={draft.fallback}
        onChange={(fallback) => set({ fallback })}
      />
    </>
  )
}

function kindHint(kind: Kind): string {
  if (kind === 'push') return w.pushHint()
  return kind === 'url' ? w.urlKindHint() : w.chainHint()
}
