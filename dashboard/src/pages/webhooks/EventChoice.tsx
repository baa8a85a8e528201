/** Chooses events: all of them, or one by one in groups. */
import { useState } from 'preact/hooks'
import { Button, Checkbox } from '../../ui/index.ts'
import { type EventGroup, type EventName, EVENTS, GROUPS } from './Events.ts'
import { groupWords, w } from './words.ts'

type Props = { value: readonly EventName[]; onChange: (events: EventName[]) => void }

export function EventChoice({ value, onChange }: Props) {
  const all = value.includes('*')
  const turn = (events: readonly EventName[], on: boolean) => {
    const others = value.filter((each) => !events.includes(each))
    onChange(on ? [...others, ...events] : others)
  }
  return (
    <fieldset>
      <legend>{w.events()}</legend>
      <Checkbox label={w.allEvents()} name="events" value={all} onChange={(on) => onChange(on ? ['*'] : [])} />
      {!all && GROUPS.map((group) => <Group key={group} group={group} value={value} turn={turn} />)}
      {value.length === 0 && <p class="hint">{w.noEvents()}</p>}
    </fieldset>
  )
}

type GroupProps = {
  group: EventGroup
  value: readonly EventName[]
  turn: (events: readonly EventName[], on: boolean) => void
}

/** Closed while nothing of it is chosen: 35 boxes at once are a wall. */
function Group({ group, value, turn }: GroupProps) {
  const events: readonly EventName[] = EVENTS[group]
  const chosen = events.filter((event) => value.includes(event)).length
  const [startsOpen] = useState(chosen > 0)
  const name = groupWords[group]()
  return (
    <details open={startsOpen}>
      <summary>{w.chosen({ name, n: chosen, all: events.length })}</summary>
      <Button kind="quiet" onClick={() => turn(events, true)} label={`${w.wholeGroup()}: ${name}`}>
        {w.wholeGroup()}
      </Button>
      {events.map((event) => (
        <Checkbox key={event} label={event} value={value.includes(event)} onChange={(on) => turn([event], on)} />
      ))}
    </details>
  )
}
