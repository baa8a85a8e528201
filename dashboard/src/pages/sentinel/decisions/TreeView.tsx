/** How a condition came out, as an indented tree: each part in words, with its value. Texts of rules stay texts. */
import type { VNode } from 'preact'
import { inOneText, saidOf } from '../../../said/Said.ts'
import { featureName, isNamed, showValue, type Unit } from '../Features.ts'
import type { Hit } from '../Types.ts'
import { type Branch, treeOf } from './Tree.ts'
import { w } from './words.ts'

/** `units`: of the features that are read, so that values are shown as money or shares. */
export function TreeView({ hit, units }: { hit: Hit; units: ReadonlyMap<string, Unit> }): VNode {
  return (
    <ul class="sentinel-tree">
      {treeOf(hit.nodes).map((branch) => (
        <BranchView key={`${branch.step.start}-${branch.step.end}`} branch={branch} units={units} />
      ))}
    </ul>
  )
}

type Props = { branch: Branch; units: ReadonlyMap<string, Unit> }

function BranchView({ branch, units }: Props): VNode {
  const { step, shape, children } = branch
  const shown = shape.kind === 'compared' ? children.filter((child) => child.shape.kind !== 'value') : children
  return (
    <li>
      <span class={markOf(branch)}>
        <span>{wordsOf(branch, units)}</span> <strong>{resultOf(branch, units)}</strong>
      </span>
      {shape.kind !== 'value' && <code class="sentinel-part">{step.text}</code>}
      {shown.length > 0 && (
        <ul>
          {shown.map((child) => (
            <BranchView key={`${child.step.start}-${child.step.end}`} branch={child} units={units} />
          ))}
        </ul>
      )}
    </li>
  )
}

function markOf({ step }: Branch): string {
  if (step.error !== undefined) return 'sentinel-failed'
  if (step.type !== 'bool') return ''
  return step.value === 'true' ? 'sentinel-holds' : 'sentinel-holds-not'
}

function wordsOf(branch: Branch, units: ReadonlyMap<string, Unit>): string {
  const { step, shape } = branch
  switch (shape.kind) {
    case 'all':
      return `${w.allOf()}:`
    case 'any':
      return `${w.anyOf()}:`
    case 'not':
      return `${w.notOf()}:`
    case 'value':
      return `${featureName(step.text)}:`
    case 'compared':
      return `${compared(branch, shape, units)}:`
    case 'other':
      return ''
  }
}

const OPERATORS: Record<string, () => string> = {
  '>': () => w.more(),
  '>=': () => w.atLeast(),
  '<': () => w.less(),
  '<=': () => w.atMost(),
  '==': () => w.equal(),
  '!=': () => w.unequal(),
  in: () => w.among(),
}

type Compared = { operator: string; left: string; right: string }

/** "Amount of the call (7.5 USDC) is more than 5 USDC". */
function compared({ children }: Branch, { operator, left, right }: Compared, units: ReadonlyMap<string, Unit>): string {
  const unit = units.get(left) ?? units.get(right) ?? 'plain'
  const side = (text: string) => {
    if (!isNamed(text)) return showValue(text, unit)
    const value = children.find(({ step }) => step.text === text)?.step.value
    const isShort = value !== undefined && !text.startsWith('list.')
    return isShort ? `${featureName(text)} (${showValue(value, unit)})` : featureName(text)
  }
  return `${side(left)} ${OPERATORS[operator]?.() ?? operator} ${side(right)}`
}

function resultOf({ step, shape }: Branch, units: ReadonlyMap<string, Unit>): string {
  if (step.error !== undefined) return w.noValue({ why: inOneText(saidOf(step.error)) })
  if (step.type === 'bool') return step.value === 'true' ? w.holds() : w.holdsNot()
  const unit = shape.kind === 'value' ? (units.get(step.text) ?? 'plain') : 'plain'
  return showValue(step.value ?? '', unit)
}
