/** Hours in which only what matters most is told, in a time zone. */
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { Select } from '../../../ui/Select.tsx'
import { Switch } from '../../../ui/Switch.tsx'
import { type FieldsProps, severities } from './Fields.ts'
import { w } from './words.ts'

export function QuietFields({ wish, wrong, onChange }: FieldsProps): VNode {
  const { quiet } = wish
  const put = (change: Partial<typeof quiet>) => onChange({ quiet: { ...quiet, ...change } })
  return (
    <>
      <Switch label={w.quiet()} value={wish.hasQuiet} onChange={(hasQuiet) => onChange({ hasQuiet })} />
      {wish.hasQuiet && (
        <fieldset class="sentinel-group">
          <legend>{w.quiet()}</legend>
          <Zone zone={quiet.zone} isWrong={wrong.zone === true} onChange={(zone) => put({ zone })} />
          <div class="sentinel-row">
            <Clock label={w.quietFrom()} value={quiet.from} onChange={(from) => put({ from })} />
            <Clock label={w.quietTo()} value={quiet.to} onChange={(to) => put({ to })} />
          </div>
          {wrong.clock === true && (
            <p class="error" role="alert">
              {w.clockWrong()}
            </p>
          )}
          <Select label={w.but()} value={quiet.but} options={severities()} onChange={(but) => put({ but })} />
        </fieldset>
      )}
    </>
  )
}

function Clock({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }): VNode {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type="time" value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    </div>
  )
}

/** To type or to choose: there are some 400. */
function Zone({ zone, isWrong, onChange }: { zone: string; isWrong: boolean; onChange(zone: string): void }): VNode {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{w.zone()}</label>
      <input
        id={id}
        list={`${id}-zones`}
        value={zone}
        autocomplete="off"
        aria-invalid={isWrong ? true : undefined}
        aria-describedby={isWrong ? `${id}-error` : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={`${id}-zones`}>
        {Intl.supportedValuesOf('timeZone').map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      {isWrong && (
        <p class="error" id={`${id}-error`}>
          {w.zoneWrong()}
        </p>
      )}
    </div>
  )
}
