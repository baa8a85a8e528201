/** The tiers of a price. Enter adds a row, Ctrl+Delete takes one out, the arrows go up and down a column. */
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { CellInput, UsdcCell } from './Inputs.tsx'
import { added, begin, removed, type Tier } from './Tiers.ts'
import { w } from './words.ts'

type Props<T extends Tier> = {
  path: string
  tiers: T[]
  onChange: (tiers: T[]) => void
  /** Stairs have a flat price and no rate. */
  rates: boolean
}

export function TierTable<T extends Tier>({ path, tiers, onChange, rates }: Props<T>) {
  const table = useRef<HTMLTableElement>(null)
  const set = (index: number, change: Partial<Tier>) =>
    onChange(tiers.map((tier, place) => (place === index ? ({ ...tier, ...change } as T) : tier)))
  const setOptional = (index: number, key: 'per' | 'flat', value: string) => {
    const { [key]: _old, ...rest } = tiers[index] as T
    const next = (value.trim() === '' ? rest : { ...rest, [key]: value }) as T
    onChange(tiers.map((tier, place) => (place === index ? next : tier)))
  }
  const change = (next: T[], row: number, column: number) => {
    onChange(next)
    // After the rows have been drawn.
    requestAnimationFrame(() => focusCell(table.current, Math.min(row, next.length - 1), column))
  }

  return (
    <>
      <div class="rate-scroll">
        <table ref={table} class="rate-tiers" onKeyDown={(event) => keys(event, tiers, change)}>
          <caption class="visually-hidden">{w.tiers()}</caption>
          <thead>
            <tr>
              <th scope="col">{w.from()}</th>
              <th scope="col">{w.upTo()}</th>
              {rates ? <th scope="col">{w.amountUsdc()}</th> : null}
              {rates ? <th scope="col">{w.per()}</th> : null}
              <th scope="col">{rates ? w.flatOnce() : w.amountUsdc()}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {tiers.map((tier, index) => {
              const here = `${path}/${index}`
              const named = (column: string) => w.cell({ row: index + 1, column })
              return (
                <tr key={index}>
                  <th scope="row" class="number">
                    {begin(tiers, index)?.toString() ?? '?'}
                  </th>
                  <td>
                    {tier.upTo === null ? (
                      <span class="muted" tabIndex={0} data-path={`${here}/upTo`}>
                        {w.noEnd()}
                      </span>
                    ) : (
                      <CellInput
                        path={`${here}/upTo`}
                        label={named(w.upTo())}
                        value={tier.upTo}
                        onChange={(upTo) => set(index, { upTo: upTo.trim() })}
                      />
                    )}
                  </td>
                  {rates ? (
                    <td>
                      <UsdcCell
                        path={`${here}/amount`}
                        label={named(w.amountUsdc())}
                        value={tier.amount ?? ''}
                        onChange={(amount) => set(index, { amount })}
                      />
                    </td>
                  ) : null}
                  {rates ? (
                    <td>
                      <CellInput
                        path={`${here}/per`}
                        label={named(w.per())}
                        placeholder="1"
                        value={tier.per ?? ''}
                        onChange={(per) => setOptional(index, 'per', per.trim())}
                      />
                    </td>
                  ) : null}
                  <td>
                    <UsdcCell
                      path={`${here}/flat`}
                      label={named(rates ? w.flatOnce() : w.amountUsdc())}
                      placeholder="0"
                      value={tier.flat ?? ''}
                      onChange={(flat) => (rates ? setOptional(index, 'flat', flat) : set(index, { flat }))}
                    />
                  </td>
                  <td>
                    <button
                      type="button"
                      class="button quiet bare"
                      disabled={tiers.length <= 1}
                      aria-label={w.removeTier({ row: index + 1 })}
                      onClick={() => change(removed(tiers, index), index, 1)}
                    >
                      ×
                    </button>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      <p class="hint">
        <button
          type="button"
          class="button quiet"
          onClick={() => change(added(tiers, tiers.length - 1), tiers.length - 1, 1)}
        >
          {w.addTier()}
        </button>{' '}
        {w.tierKeys()}
      </p>
    </>
  )
}

function keys<T extends Tier>(
  event: JSX.TargetedKeyboardEvent<HTMLTableElement>,
  tiers: T[],
  change: (next: T[], row: number, column: number) => void,
): void {
  const cell = event.target instanceof Element ? event.target.closest('td') : null
  if (cell === null || !(cell.parentElement instanceof HTMLTableRowElement)) return
  const row = cell.parentElement.sectionRowIndex
  const column = cell.cellIndex
  if (event.target instanceof HTMLButtonElement && event.key === 'Enter') return
  if (event.key === 'Enter') change(added(tiers, row), row + 1, column)
  else if (event.key === 'Delete' && (event.ctrlKey || event.metaKey)) change(removed(tiers, row), row, column)
  else if (event.key === 'ArrowDown') focusCell(event.currentTarget, row + 1, column)
  else if (event.key === 'ArrowUp') focusCell(event.currentTarget, row - 1, column)
  else return
  event.preventDefault()
}

function focusCell(table: HTMLTableElement | null, row: number, column: number): void {
  const cell = table?.tBodies[0]?.rows[row]?.cells[column]
  const field = cell?.querySelector<HTMLElement>('input, button, [tabindex]')
  field?.focus()
  if (field instanceof HTMLInputElement) field.select()
}
