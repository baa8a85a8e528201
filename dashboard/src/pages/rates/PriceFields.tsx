/** The price of one unit: its model, and what that model asks for. */
import { Select } from '../../ui/Select.tsx'
import type { Model, Price } from './Draft.ts'
import { rateText } from './Describe.ts'
import { CardInput, UsdcInput } from './Inputs.tsx'
import { asModel } from './Start.ts'
import { TierTable } from './TierTable.tsx'
import { isFine } from './Units.ts'
import { w } from './words.ts'

const MODELS: readonly Model[] = ['per_unit', 'graduated', 'volume', 'package', 'stairstep']

type Props = { path: string; unit: string; price: Price; onChange: (price: Price) => void }

export function PriceFields({ path, unit, price, onChange }: Props) {
  return (
    <fieldset class="rate-price">
      <legend class="visually-hidden">{w.model()}</legend>
      <Select
        label={w.model()}
        hint={hintOf(price.model)}
        value={price.model}
        options={MODELS.map((model) => ({ value: model, label: nameOf(model) }))}
        onChange={(model) => onChange(asModel(price, model))}
      />
      <Amounts path={path} unit={unit} price={price} onChange={onChange} />
    </fieldset>
  )
}

function Amounts({ path, unit, price, onChange }: Props) {
  if (price.model === 'per_unit') return <PerUnit path={path} unit={unit} price={price} onChange={onChange} />
  if (price.model === 'package') {
    return (
      <div class="rate-row">
        <UsdcInput
          path={`${path}/amount`}
          label={w.aPackage()}
          value={price.amount}
          onChange={(amount) => onChange({ ...price, amount })}
        />
        <CardInput
          path={`${path}/size`}
          label={w.packageSize()}
          inputMode="numeric"
          value={price.size}
          onChange={(size) => onChange({ ...price, size: size.trim() })}
        />
      </div>
    )
  }
  const tiers = `${path}/tiers`
  if (price.model === 'stairstep') {
    return (
      <TierTable
        path={tiers}
        rates={false}
        tiers={price.tiers}
        onChange={(next) => onChange({ ...price, tiers: next })}
      />
    )
  }
  return <TierTable path={tiers} rates tiers={price.tiers} onChange={(next) => onChange({ ...price, tiers: next })} />
}

type PerUnitPrice = Extract<Price, { model: 'per_unit' }>

function PerUnit({ path, unit, price, onChange }: Props & { price: PerUnitPrice }) {
  const setPer = (per: string) => {
    const { per: _old, ...rest } = price
    onChange(per === '' ? rest : { ...rest, per })
  }
  return (
    <div class="rate-row">
      <UsdcInput
        path={`${path}/amount`}
        label={w.amountUsdc()}
        value={price.amount}
        onChange={(amount) => onChange({ ...price, amount })}
      />
      <CardInput
        path={`${path}/per`}
        label={w.per()}
        hint={isFine(unit) ? w.perHintFine() : w.perHint()}
        inputMode="numeric"
        placeholder="1"
        value={price.per ?? ''}
        onChange={(per) => setPer(per.trim())}
      />
      <output class="rate-reading">{rateText(unit, price.amount, price.per)}</output>
    </div>
  )
}

export function nameOf(model: Model): string {
  switch (model) {
    case 'per_unit':
      return w.perUnit()
    case 'graduated':
      return w.graduated()
    case 'volume':
      return w.volume()
    case 'package':
      return w.package()
    default:
      return w.stairstep()
  }
}

function hintOf(model: Model): string {
  switch (model) {
    case 'per_unit':
      return w.perUnitHint()
    case 'graduated':
      return w.graduatedHint()
    case 'volume':
      return w.volumeHint()
    case 'package':
      return w.packageHint()
    default:
      return w.stairstepHint()
  }
}
