/** A condition as rows: what, how it is compared, and with which value; in groups joined by "and" and "or". */
import type { VNode } from 'preact'
import { Button } from '../../../ui/Button.tsx'
import { Icon } from '../../../ui/Icon.tsx'
import { Select } from '../../../ui/Select.tsx'
import { featureName, unitOf } from '../Features.ts'
import type { Feature } from '../Types.ts'
import { type Condition, type Kind, OPERATORS, type Operator, type Row } from './Condition.ts'
import { FIRST, operatorName } from './Operators.ts'
import { Values } from './Values.tsx'
import { w } from './words.ts'

/** `features`: those that a rule of this kind can ask about. */
type Known = { features: readonly Feature[]; lists: readonly string[] }
type Props = Known & { condition: Condition; onChange(condition: Condition): void }

export function Builder({ condition, features, lists, onChange }: Props): VNode {
  const { join, groups } = condition
  const put = (at: number, rows: Row[]) => {
    const next = rows.length === 0 ? groups.filter((_, i) => i !== at) : groups.with(at, rows)
    onChange({ join, groups: next })
  }
  const first = newRow(features)
  return (
    <div class="sentinel-builder">
      {groups.length > 1 && (
        <Select
          label={w.join()}
          value={join}
          options={[
            { value: 'or', label: w.joinOr() },
            { value: 'and', label: w.joinAnd() },
          ]}
          onChange={(value) => onChange({ join: value, groups })}
        />
      )}
      {groups.map((rows, at) => (
        <fieldset key={at} class="sentinel-group">
          <legend>
            {groups.length > 1 ? `${w.groupNumber({ n: at + 1 })}: ` : ''}
            {join === 'or' ? w.all() : w.any()}
          </legend>
          {rows.map((row, i) => (
            <RowView
              key={i}
              row={row}
              number={i + 1}
              features={features}
              lists={lists}
              onChange={(next) => put(at, rows.with(i, next))}
              onRemove={
                groups.length === 1 && rows.length === 1
                  ? undefined
                  : () =>
                      put(
                        at,
                        rows.filter((_, j) => j !== i),
                      )
              }
            />
          ))}
          {first !== undefined && <Button onClick={() => put(at, [...rows, first])}>{w.addRow()}</Button>}
        </fieldset>
      ))}
      {first !== undefined && (
        <Button onClick={() => onChange({ join, groups: [...groups, [first]] })}>{w.addGroup()}</Button>
      )}
    </div>
  )
}

type RowProps = Known & {
  row: Row
  /** From 1. */
  number: number
  onChange(row: Row): void
  onRemove: (() => void) | undefined
}

function RowView({ row, number, features, lists, onChange, onRemove }: RowProps): VNode {
  const feature = features.find(({ name }) => name === row.feature)
  const known = feature === undefined ? [row.feature] : []
  const operators: readonly Operator[] = OPERATORS[row.kind]
  return (
    <div class="sentinel-row" role="group" aria-label={w.row({ n: number })}>
      <Select
        label={w.feature()}
        value={row.feature}
        options={[...known, ...features.map(({ name }) => name)].map((name) => ({
          value: name,
          label: featureName(name),
        }))}
        onChange={(name) => onChange(withFeature(row, features, name))}
      />
      <Select
        label={w.comparison()}
        value={row.operator}
        options={operators.map((operator) => ({ value: operator, label: operatorName(operator) }))}
        onChange={(operator) => onChange(withOperator(row, operator, lists))}
      />
      <Values
        key={`${row.feature} ${row.operator}`}
        row={row}
        unit={unitOf(feature?.unit ?? '')}
        lists={lists}
        onChange={onChange}
      />
      {onRemove !== undefined && (
        <Button kind="quiet" label={w.removeRow({ n: number })} onClick={onRemove}>
          <Icon name="close" />
        </Button>
      )}
    </div>
  )
}

function kindOf({ type }: Feature): Kind {
  return type === 'bool' || type === 'string' ? type : 'int'
}

/** The row that is put in by "add". */
export function newRow(features: readonly Feature[]): Row | undefined {
  const feature = features.find(({ name }) => name === 'amount') ?? features[0]
  if (feature === undefined) return undefined
  const kind = kindOf(feature)
  const start = feature.name === 'amount' ? '1000000' : '0'
  return { feature: feature.name, kind, operator: FIRST[kind], values: kind === 'int' ? [start] : [] }
}

function withFeature(row: Row, features: readonly Feature[], name: string): Row {
  const feature = features.find((each) => each.name === name)
  const before = features.find((each) => each.name === row.feature)
  if (feature === undefined) return row
  const kind = kindOf(feature)
  // A value keeps its meaning only where it is of the same unit.
  if (kind === row.kind && feature.unit === before?.unit) return { ...row, feature: name }
  return { feature: name, kind, operator: FIRST[kind], values: kind === 'int' ? ['0'] : [] }
}

const LISTED: ReadonlySet<Operator> = new Set(['in list', 'not in list'])

function withOperator(row: Row, operator: Operator, lists: readonly string[]): Row {
  const isListed = LISTED.has(operator)
  if (isListed === LISTED.has(row.operator)) {
    const isOne = operator !== 'in' && operator !== 'not in'
    return { ...row, operator, values: isOne ? row.values.slice(0, 1) : row.values }
  }
  const [first] = lists
  return { ...row, operator, values: isListed && first !== undefined ? [first] : [] }
}
