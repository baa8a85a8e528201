/** Publishing the card that is written: now, or at a time. What changes is said before. */
import type * as Rate from '@pbstream/core/Rate'
import { useState } from 'preact/hooks'
import { api, ApiProblem, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import type { components } from '../../api/Schema.d.ts'
import { formatTime } from '../../format/Time.ts'
import { Button } from '../../ui/Button.tsx'
import { confirmDialog } from '../../ui/Confirm.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Section } from '../../ui/Section.tsx'
import { TimeInput } from '../../ui/TimeInput.tsx'
import { toast } from '../../ui/Toast.tsx'
import { changes } from './Describe.ts'
import { DiffTable } from './DiffTable.tsx'
import type { Written } from './CardEditor.tsx'
import type { Draft } from './Draft.ts'
import { w } from './words.ts'

type Route = components['schemas']['Route']
type Body = components['schemas']['NewRateCard']

type Props = {
  route: Route
  etag: string
  /** In force; null: the route is free. */
  before: Draft | null
  written: Written
  onPublished: () => void
}

const YEAR = 366 * 86_400_000
const HOUR = 3_600_000

export function Publish({ route, etag, before, written: { draft, card }, onPublished }: Props) {
  const [isLater, setLater] = useState(false)
  const [time, setTime] = useState<number | undefined>(() => nextHour(Date.now()))
  const wrongTime = isLater ? timeProblem(time, Date.now()) : undefined
  const [isStale, setStale] = useState(false)
  const isSame = changes(before, draft).length === 0

  const publish = async (rule: Rate.Card | null) => {
    const body = {
      rule,
      ...(isLater && time !== undefined ? { effectiveAt: new Date(time).toISOString() } : {}),
    } as Body
    try {
      await confirmed((headers) =>
        data(
          api.POST('/routes/{id}/rate-cards', {
            params: { path: { id: route.id } },
            headers: { ...headers, 'If-Match': etag },
            body,
          }),
        ),
      )
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412) setStale(true)
      throw error
    }
    setStale(false)
    toast(isLater ? w.announced({ time: formatTime(time ?? 0, { seconds: false }) }) : w.published(), { kind: 'good' })
    onPublished()
  }
  const free = async () => {
    const said = await confirmDialog({
      title: w.makeFree(),
      text: w.makeFreeText({ path: route.path }),
      confirm: w.makeFree(),
      danger: true,
    })
    if (said) await publish(null)
  }

  return (
    <Section title={w.publish()} hint={w.publishHint()}>
      <DiffTable before={before} after={draft} caption={w.againstInForce()} />
      {isStale ? (
        <Notice tone="warn">
          <p>{w.changedMeanwhile()}</p>
          <Button onClick={onPublished}>{w.loadAnew()}</Button>
        </Notice>
      ) : null}
      <fieldset class="rate-when">
        <legend>{w.from()}</legend>
        <label>
          <input type="radio" name="rate-when" checked={!isLater} onChange={() => setLater(false)} /> {w.now()}
        </label>
        <label>
          <input type="radio" name="rate-when" checked={isLater} onChange={() => setLater(true)} /> {w.later()}
        </label>
        {isLater ? (
          <TimeInput
            label={w.effectiveAt()}
            hint={w.effectiveHint()}
            error={wrongTime}
            value={time}
            onChange={setTime}
          />
        ) : null}
      </fieldset>
      <div class="rate-row">
        <Button
          kind="primary"
          disabled={card === undefined || wrongTime !== undefined || isSame}
          onClick={() => (card === undefined ? undefined : publish(card))}
        >
          {isLater ? w.announce() : w.publishNow()}
        </Button>
        {before === null ? null : (
          <Button kind="danger" disabled={wrongTime !== undefined} onClick={free}>
            {w.makeFree()}
          </Button>
        )}
      </div>
    </Section>
  )
}

/** Why no card can come into force then. */
function timeProblem(time: number | undefined, now: number): string | undefined {
  if (time === undefined) return w.noTime()
  if (time <= now) return w.timePassed()
  return time > now + YEAR ? w.timeTooFar() : undefined
}

/** The begin of the hour after next, so that there is time to think again. */
function nextHour(now: number): number {
  return Math.floor(now / HOUR + 2) * HOUR
}
