/** Multipliers by the time of the day, in a zone. The first window that matches counts, so their order matters. */
import { useId } from 'preact/hooks'
import { Button } from '../../ui/Button.tsx'
import type { Schedule, Window } from './Draft.ts'
import { CardInput, optional } from './Inputs.tsx'
import { ownZone, WINDOW } from './Start.ts'
import { w } from './words.ts'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

type Props = { schedule: Schedule | undefined; onChange: (schedule: Schedule | undefined) => void }

export function ScheduleFields({ schedule, onChange }: Props) {
  if (schedule === undefined) {
    return <Button onClick={() => onChange({ zone: ownZone(), windows: [WINDOW] })}>{w.addSchedule()}</Button>
  }
  const { zone, windows } = schedule
  const setWindows = (next: Window[]) => onChange(next.length === 0 ? undefined : { zone, windows: next })
  return (
    <>
      <ZoneInput path="/schedule/zone" value={zone} onChange={(next) => onChange({ zone: next, windows })} />
      <ol class="rate-windows">
        {windows.map((window, index) => (
          <li key={index}>
            <WindowFields
              index={index}
              window={window}
              onChange={(next) => setWindows(windows.map((each, place) => (place === index ? next : each)))}
            />
            <span class="rate-actions">
              <button
                type="button"
                class="button quiet bare"
                disabled={index === 0}
                aria-label={w.windowUp({ number: index + 1 })}
                onClick={() => setWindows(moved(windows, index))}
              >
                ↑
              </button>
              <button
                type="button"
                class="button quiet bare"
                aria-label={w.removeWindow({ number: index + 1 })}
                onClick={() => setWindows(windows.filter((_, place) => place !== index))}
              >
                ×
              </button>
            </span>
          </li>
        ))}
      </ol>
      <Button onClick={() => setWindows([...windows, WINDOW])}>{w.addWindow()}</Button>
    </>
  )
}

/** A window one place up, where it is asked first. */
function moved(windows: readonly Window[], index: number): Window[] {
  const [before, own] = [windows[index - 1], windows[index]]
  if (before === undefined || own === undefined) return [...windows]
  return [...windows.slice(0, index - 1), own, before, ...windows.slice(index + 1)]
}

type WindowProps = { index: number; window: Window; onChange: (window: Window) => void }

function WindowFields({ index, window, onChange }: WindowProps) {
  const path = `/schedule/windows/${index}`
  const setDays = (day: (typeof DAYS)[number], isOn: boolean) => {
    const { days: old = [], ...rest } = window
    const days = DAYS.filter((each) => (each === day ? isOn : old.includes(each)))
    onChange(days.length === 0 ? rest : { ...rest, days })
  }
  return (
    <fieldset class="rate-window">
      <legend>{w.windowNumber({ number: index + 1 })}</legend>
      <div class="rate-days" role="group" aria-label={w.days()}>
        {DAYS.map((day) => (
          <label key={day}>
            <input
              type="checkbox"
              checked={window.days?.includes(day) ?? false}
              onChange={(event) => setDays(day, event.currentTarget.checked)}
            />
            {w[day]()}
          </label>
        ))}
        <span class="hint">{window.days === undefined ? w.everyDay() : ''}</span>
      </div>
      <div class="rate-row">
        <CardInput
          path={`${path}/from`}
          label={w.from()}
          placeholder="00:00"
          value={window.from ?? ''}
          onChange={(from) => onChange(optional(window, 'from', from.trim()))}
        />
        <CardInput
          path={`${path}/to`}
          label={w.until()}
          placeholder="24:00"
          value={window.to ?? ''}
          onChange={(to) => onChange(optional(window, 'to', to.trim()))}
        />
        <CardInput
          path={`${path}/multiplier`}
          label={w.multiplier()}
          inputMode="decimal"
          value={window.multiplier}
          onChange={(multiplier) => onChange({ ...window, multiplier: multiplier.trim() })}
        />
      </div>
      <Dates path={path} window={window} onChange={onChange} />
    </fieldset>
  )
}

/** Dates and months are lists: typed with spaces or commas between. */
function Dates({ path, window, onChange }: { path: string } & Omit<WindowProps, 'index'>) {
  const setDates = (text: string) => {
    const { dates: _old, ...rest } = window
    const dates = words(text)
    onChange(dates.length === 0 ? rest : { ...rest, dates })
  }
  const setMonths = (text: string) => {
    const { months: _old, ...rest } = window
    const months = words(text).map(Number).filter(Number.isInteger)
    onChange(months.length === 0 ? rest : { ...rest, months })
  }
  return (
    <details open={window.dates !== undefined || window.months !== undefined}>
      <summary>{w.someDates()}</summary>
      <div class="rate-row">
        <CardInput
          path={`${path}/dates`}
          label={w.dates()}
          hint={w.datesHint()}
          placeholder="2026-12-25"
          value={window.dates?.join(' ') ?? ''}
          onChange={setDates}
        />
        <CardInput
          path={`${path}/months`}
          label={w.months()}
          hint={w.monthsHint()}
          value={window.months?.join(' ') ?? ''}
          onChange={setMonths}
        />
      </div>
    </details>
  )
}

function words(text: string): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== '')
}

/** A name of the IANA database, with those that the browser knows to choose from. */
export function ZoneInput({
  path,
  value,
  onChange,
}: {
  path: string
  value: string
  onChange: (zone: string) => void
}) {
  const list = useId()
  return (
    <>
      <CardInput path={path} label={w.zone()} hint={w.zoneHint()} list={list} value={value} onChange={onChange} />
      <datalist id={list}>
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  )
}
