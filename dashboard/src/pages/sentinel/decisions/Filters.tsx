/** Filters of the list of decisions; they live in the address. */
import type { VNode } from 'preact'
import { Button } from '../../../ui/Button.tsx'
import { Select } from '../../../ui/Select.tsx'
import { TypedFilter } from '../../../ui/TypedFilter.tsx'
import { ACTIONS, EFFECTS } from '../Types.ts'
import { actionName, effectName, w as shared } from '../words.ts'
import { DayInput } from '../DayInput.tsx'
import { type Asked, isAsked } from './Filter.ts'
import { w } from './words.ts'

type Props = { asked: Asked; set(change: { [K in keyof Asked]?: string | undefined }): void }

export function Filters({ asked, set }: Props): VNode {
  const choices = <T extends string>(all: readonly T[], nameOf: (each: T) => string) => [
    { value: '', label: shared.all() },
    ...all.map((value) => ({ value, label: nameOf(value) })),
  ]
  return (
    <div class="filters" role="group" aria-label={w.filters()}>
      <TypedFilter label={w.ruleId()} value={asked.rule ?? ''} onDone={(rule) => set({ rule })} />
      <TypedFilter label={w.session()} value={asked.session ?? ''} onDone={(session) => set({ session })} />
      <Select
        label={shared.action()}
        value={asked.action ?? ''}
        options={choices([...ACTIONS, 'breaker'], actionName)}
        onChange={(action) => set({ action })}
      />
      <Select
        label={w.effect()}
        value={asked.effect ?? ''}
        options={choices(EFFECTS, effectName)}
        onChange={(effect) => set({ effect })}
      />
      <DayInput label={w.since()} value={asked.since ?? ''} onChange={(since) => set({ since })} />
      <DayInput label={w.until()} value={asked.until ?? ''} onChange={(until) => set({ until })} />
      {isAsked(asked) && (
        <Button
          kind="plain"
          onClick={() =>
            set({
              ...{ rule: undefined, action: undefined, effect: undefined },
              ...{ session: undefined, since: undefined, until: undefined },
            })
          }
        >
          {w.clear()}
        </Button>
      )}
    </div>
  )
}
