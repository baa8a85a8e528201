/** Every card that a route had and will have, and what each of them changed. */
import { useState } from 'preact/hooks'
import { api, ApiProblem, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { useLoad } from '../../api/Load.ts'
import { formatTime } from '../../format/Time.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { confirmDialog } from '../../ui/Confirm.tsx'
import { Empty } from '../../ui/Empty.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Section } from '../../ui/Section.tsx'
import { Select } from '../../ui/Select.tsx'
import { Time } from '../../ui/Time.tsx'
import { toast } from '../../ui/Toast.tsx'
import { allCards, beforeOf, isWithdrawable, type RateCard, type Route, standingOf } from './Cards.ts'
import { describe } from './Describe.ts'
import { DiffTable } from './DiffTable.tsx'
import { type CardJson, type Draft, fromJson } from './Draft.ts'
import { w } from './words.ts'

type Props = { route: Route; etag: string; onChange: () => void }

export function HistoryTab({ route, etag, onChange }: Props) {
  const { data: cards, error, reload } = useLoad((signal) => allCards(route.id, signal), [route.id, route.revision])
  if (cards === undefined) return error === undefined ? <Loading /> : <Failed error={error} retry={reload} />
  if (cards.length === 0) return <Empty title={w.noCards()} text={w.noCardsText()} />
  const withdraw = async ({ version, effectiveAt }: RateCard) => {
    const text = w.withdrawText({ version, time: formatTime(effectiveAt, { seconds: false }) })
    const said = await confirmDialog({ title: w.withdraw(), text, confirm: w.withdraw(), danger: true })
    if (!said) return
    const path = { id: route.id, version }
    try {
      await confirmed((headers) =>
        data(
          api.POST('/routes/{id}/rate-cards/{version}/withdraw', {
            params: { path },
            headers: { ...headers, 'If-Match': etag },
          }),
        ),
      )
    } catch (error) {
      // Somebody changed the route meanwhile: show it as it is now.
      if (error instanceof ApiProblem && error.status === 412) onChange()
      throw error
    }
    toast(w.withdrawn())
    onChange()
  }
  return (
    <>
      <ol class="rate-history">
        {cards.map((card) => (
          <li key={card.version}>
            <OneCard card={card} route={route} cards={cards} withdraw={() => withdraw(card)} />
          </li>
        ))}
      </ol>
      {cards.length > 1 ? <Compare cards={cards} /> : null}
    </>
  )
}

type OneProps = { card: RateCard; route: Route; cards: readonly RateCard[]; withdraw: () => Promise<void> }

function OneCard({ card, route, cards, withdraw }: OneProps) {
  const now = Date.now()
  const standing = standingOf(card, route, now)
  const before = beforeOf(card, cards)
  const names = { in_force: w.inForce(), coming: w.coming(), withdrawn: w.withdrawnState(), past: w.past() }
  const tones = { in_force: 'good', coming: 'info', withdrawn: 'warn', past: 'plain' } as const
  return (
    <details open={standing === 'in_force' || standing === 'coming'}>
      <summary>
        <strong>{w.versionNumber({ version: String(card.version) })}</strong>{' '}
        <Badge tone={tones[standing]}>{names[standing]}</Badge>{' '}
        <span class="muted">
          {w.from()} <Time at={card.effectiveAt} />
        </span>
      </summary>
      {isWithdrawable(card, route, now) ? (
        <Button kind="danger" onClick={withdraw}>
          {w.withdraw()}
        </Button>
      ) : null}
      {before === undefined ? (
        <CardLines draft={draftOf(card)} />
      ) : (
        <DiffTable
          before={draftOf(before)}
          after={draftOf(card)}
          caption={w.against({ version: String(before.version) })}
        />
      )}
    </details>
  )
}

function CardLines({ draft }: { draft: Draft }) {
  return (
    <dl class="facts">
      {describe(draft).map(({ key, label, text }) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Any two versions beside each other. */
function Compare({ cards }: { cards: readonly RateCard[] }) {
  const [newest, older] = [cards[0], cards[1]]
  const [left, setLeft] = useState(older?.version)
  const [right, setRight] = useState(newest?.version)
  const find = (version: number | undefined) => cards.find((card) => card.version === version)
  const [before, after] = [find(left), find(right)]
  const choice = (label: string, value: number | undefined, set: (version: number) => void) => (
    <Select
      label={label}
      value={String(value ?? '')}
      options={cards.map(({ version }) => ({
        value: String(version),
        label: w.versionNumber({ version: String(version) }),
      }))}
      onChange={(version) => set(Number(version))}
    />
  )
  return (
    <Section title={w.compare()}>
      <div class="rate-row">
        {choice(w.before(), left, setLeft)}
        {choice(w.after(), right, setRight)}
      </div>
      {before === undefined || after === undefined ? null : (
        <DiffTable before={draftOf(before)} after={draftOf(after)} caption={w.compare()} />
      )}
    </Section>
  )
}

function draftOf(card: RateCard): Draft {
  return fromJson(card.rule as CardJson)
}
