/** What a person chooses for himself: how the pages look, which mode, and where he is signed in. */
import { chainName } from '../../Chains.ts'
import { Link } from '../../Router.ts'
import { chooseProvider, me, type Mode, mode, signOut } from '../../Session.ts'
import { chooseLocale, type Locale, locale } from '../../text.ts'
import { chooseTheme, type Theme, theme } from '../../Theme.ts'
import { Address, Button, confirmDialog, Facts, PageHead, Section, Select } from '../../ui/index.ts'
import { w } from './words.ts'

const LANGUAGES: { value: Locale; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'zh', label: '中文' },
]

export default function SettingsPage() {
  return (
    <>
      <PageHead title={w.title()} />
      <Who />
      <Display />
      <SignedIn />
      <Section title={w.more()}>
        <nav class="actions" aria-label={w.more()}>
          <Link to="/api-keys">{w.apiKeys()}</Link>
          <Link to="/webhooks">{w.webhooks()}</Link>
          <Link to="/audit">{w.audit()}</Link>
        </nav>
      </Section>
    </>
  )
}

function Who() {
  const who = me.value
  if (who === null || who === undefined) return null
  const kind = who.chainId === null ? w.plainAccount() : w.contractAccount({ chain: chainName(who.chainId) })
  return (
    <Section title={w.who()}>
      <Facts
        items={[
          [w.address(), <Address value={who.address} />],
          [w.owner(), <code class="mono">{who.owner}</code>],
          [w.kind(), kind],
          [w.actor(), <code class="mono">{who.actor}</code>],
        ]}
      />
    </Section>
  )
}

function Display() {
  const themes = (['system', 'light', 'dark'] as const).map((value): { value: Theme; label: string } => {
    return { value, label: w[value]() }
  })
  const modes = (['live', 'test'] as const).map((value): { value: Mode; label: string } => ({
    value,
    label: w[value](),
  }))
  const choose = (to: Mode) => {
    // A provider is of one mode.
    if (to !== mode.value) chooseProvider(undefined)
    mode.value = to
  }
  return (
    <Section title={w.display()} hint={w.displayHint()}>
      <Select label={w.language()} value={locale.value} options={LANGUAGES} onChange={chooseLocale} />
      <Select label={w.theme()} value={theme.value} options={themes} onChange={chooseTheme} />
      <Select label={w.mode()} hint={w.modeHint()} value={mode.value} options={modes} onChange={choose} />
    </Section>
  )
}

function SignedIn() {
  const everywhere = async () => {
    const question = { title: w.outTitle(), text: w.outText(), confirm: w.outAll(), danger: true }
    if (await confirmDialog(question)) await signOut(true)
  }
  return (
    <Section title={w.sessions()} hint={w.sessionsHint()}>
      <div class="actions">
        <Button onClick={() => signOut()}>{w.out()}</Button>
        <Button kind="danger" onClick={everywhere}>
          {w.outAll()}
        </Button>
      </div>
    </Section>
  )
}
