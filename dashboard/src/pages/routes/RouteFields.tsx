/** Every member of a route, each with what it does. Names are those of the API, so that its errors stand beside them. */
import { chainName } from '../../Chains.ts'
import { Link } from '../../Router.ts'
import { Checkbox } from '../../ui/Checkbox.tsx'
import { Field } from '../../ui/Field.tsx'
import { NumberInput } from '../../ui/NumberInput.tsx'
import { Section } from '../../ui/Section.tsx'
import { Select } from '../../ui/Select.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { useChains } from '../keys/Terms.ts'
import { ADAPTERS, type Adapter, hostOf, type RouteDraft } from './RouteDraft.ts'
import { w } from './words.ts'

type Props = {
  draft: RouteDraft
  onChange: (draft: RouteDraft) => void
  provider: string
  /** Hosts that the owner has shown to be his; undefined while they are not known. */
  verified: readonly string[] | undefined
}

export function RouteFields({ draft, onChange, provider, verified }: Props) {
  const set = (change: Partial<RouteDraft>) => onChange({ ...draft, ...change })
  return (
    <>
      <Section title={w.sold()} hint={w.soldHint()}>
        <TextInput
          label={w.path()}
          hint={w.pathHint()}
          name="path"
          required
          mono
          placeholder="/acme/v1/*"
          value={draft.path}
          onChange={(path) => set({ path })}
        />
        <TextInput
          label={w.methods()}
          hint={w.methodsHint()}
          name="methods"
          mono
          placeholder="GET POST"
          value={draft.methods}
          onChange={(methods) => set({ methods })}
        />
        <Chains chosen={draft.chainIds} onChange={(chainIds) => set({ chainIds })} />
        <Checkbox
          label={w.enabled()}
          hint={w.enabledHint()}
          name="enabled"
          value={draft.enabled}
          onChange={(enabled) => set({ enabled })}
        />
      </Section>
      <Section title={w.upstream()} hint={w.upstreamHint()}>
        <OriginFields draft={draft} set={set} provider={provider} verified={verified} />
        <CredentialFields credential={draft.credential} onChange={(credential) => set({ credential })} />
      </Section>
      <Section title={w.counting()} hint={w.countingHint()}>
        <CountingFields draft={draft} set={set} />
      </Section>
    </>
  )
}

/** Of the mode: a test chain is for routes of test mode only. */
function Chains({ chosen, onChange }: { chosen: number[]; onChange: (chainIds: number[]) => void }) {
  const { data: chains = [] } = useChains()
  const known = [...new Set([...chains.map(({ chainId }) => chainId), ...chosen])]
  const toggle = (chainId: number, isOn: boolean) =>
    onChange(isOn ? [...chosen, chainId] : chosen.filter((each) => each !== chainId))
  return (
    <Field label={w.chains()} hint={w.chainsHint()} name="chainIds">
      {({ id, describedBy }) => (
        <div id={id} class="route-chains" role="group" aria-label={w.chains()} aria-describedby={describedBy}>
          {known.map((chainId) => (
            <Checkbox
              key={chainId}
              label={`${chainName(chainId)} (${chainId})`}
              value={chosen.includes(chainId)}
              onChange={(isOn) => toggle(chainId, isOn)}
            />
          ))}
        </div>
      )}
    </Field>
  )
}

type Setting = { draft: RouteDraft; set: (change: Partial<RouteDraft>) => void }

function OriginFields({ draft, set, provider, verified }: Setting & Pick<Props, 'provider' | 'verified'>) {
  const { origin } = draft
  const setOrigin = (change: Partial<RouteDraft['origin']>) => set({ origin: { ...origin, ...change } })
  const host = hostOf(origin.url)
  const isStrange = host !== undefined && verified !== undefined && !verified.includes(host)
  return (
    <>
      <Select
        label={w.originKind()}
        hint={w.originKindHint()}
        name="origin.kind"
        value={origin.kind}
        options={[
          { value: 'url', label: w.originUrl() },
          { value: 'service', label: w.originService() },
          { value: 'zone', label: w.originZone() },
        ]}
        onChange={(kind) => setOrigin({ kind })}
      />
      {origin.kind === 'url' ? (
        <TextInput
          label={w.url()}
          hint={w.urlHint()}
          name="origin.url"
          required
          mono
          type="url"
          placeholder="https://api.example.com"
          value={origin.url}
          onChange={(url) => setOrigin({ url })}
        />
      ) : null}
      {origin.kind === 'url' && isStrange ? (
        <p class="hint">
          {w.hostNotShown({ host })} <Link to={`/p/${encodeURIComponent(provider)}/hosts`}>{w.showHost()}</Link>
        </p>
      ) : null}
      {origin.kind === 'service' ? (
        <TextInput
          label={w.binding()}
          hint={w.bindingHint()}
          name="origin.binding"
          required
          mono
          placeholder="UPSTREAM_MODEL"
          value={origin.binding}
          onChange={(binding) => setOrigin({ binding })}
        />
      ) : null}
    </>
  )
}

type CredentialProps = {
  credential: RouteDraft['credential']
  onChange: (credential: RouteDraft['credential']) => void
}

function CredentialFields({ credential, onChange }: CredentialProps) {
  const { what, kept, header, value } = credential
  return (
    <>
      <Select
        label={w.credential()}
        hint={w.credentialHint()}
        name="credential"
        value={what}
        options={[
          { value: 'none', label: w.credentialNone() },
          ...(kept === null ? [] : [{ value: 'keep' as const, label: w.credentialKeep({ header: kept }) }]),
          { value: 'set', label: w.credentialSet() },
        ]}
        onChange={(next) => onChange({ ...credential, what: next })}
      />
      {what === 'set' ? (
        <>
          <TextInput
            label={w.header()}
            name="credential.header"
            mono
            value={header}
            onChange={(next) => onChange({ ...credential, header: next })}
          />
          <TextInput
            label={w.headerValue()}
            hint={w.headerValueHint()}
            name="credential.value"
            mono
            type="password"
            autoComplete="new-password"
            placeholder="Bearer …"
            value={value}
            onChange={(next) => onChange({ ...credential, value: next })}
          />
        </>
      ) : null}
    </>
  )
}

function CountingFields({ draft, set }: Setting) {
  const names: Record<Adapter, string> = {
    none: w.adapterNone(),
    openai: 'OpenAI',
    anthropic: 'Anthropic',
    'pbstream-usage': w.adapterHeader(),
    json: w.adapterJson(),
    events: w.adapterEvents(),
  }
  return (
    <>
      <Select
        label={w.adapter()}
        hint={hintOf(draft.adapter)}
        name="adapter"
        value={draft.adapter}
        options={ADAPTERS.map((adapter) => ({ value: adapter, label: names[adapter] }))}
        onChange={(adapter) => set({ adapter })}
      />
      {draft.adapter === 'json' ? (
        <TextInput
          label={w.jsonPath()}
          hint={w.jsonPathHint()}
          mono
          placeholder="usage.total"
          value={draft.jsonPath}
          onChange={(jsonPath) => set({ jsonPath })}
        />
      ) : null}
      <Checkbox
        label={w.bodyPriced()}
        hint={w.bodyPricedHint()}
        name="bodyPriced"
        value={draft.bodyPriced}
        onChange={(bodyPriced) => set({ bodyPriced })}
      />
      <NumberInput
        label={w.maxBodyBytes()}
        hint={w.maxBodyBytesHint()}
        name="maxBodyBytes"
        min={0}
        max={100_000_000}
        unit="B"
        value={draft.maxBodyBytes}
        onChange={(maxBodyBytes) => set({ maxBodyBytes })}
      />
      <Checkbox
        label={w.chargeOnAbandon()}
        hint={w.chargeOnAbandonHint()}
        name="chargeOnAbandon"
        value={draft.chargeOnAbandon}
        onChange={(chargeOnAbandon) => set({ chargeOnAbandon })}
      />
    </>
  )
}

function hintOf(adapter: Adapter): string {
  switch (adapter) {
    case 'none':
      return w.adapterNoneHint()
    case 'openai':
      return w.adapterOpenAiHint()
    case 'anthropic':
      return w.adapterAnthropicHint()
    case 'pbstream-usage':
      return w.adapterHeaderHint()
    case 'json':
      return w.adapterJsonHint()
    default:
      return w.adapterEventsHint()
  }
}
