/** The head of a page about rules: its title, and the way to the others. */
import type { ComponentChildren, VNode } from 'preact'
import { Link } from '../../Router.ts'
import { PageHead } from '../../ui/PageHead.tsx'
import { w } from './words.ts'
import { pathOf, type Place, type Whose } from './Whose.ts'

const SECTIONS = ['rules', 'lists', 'budget', 'backtest', 'snoozes', 'history'] as const satisfies readonly Place[]

type Props = { whose: Whose; section: (typeof SECTIONS)[number]; title?: string; children?: ComponentChildren }

export function RulesHead({ whose, section, title, children }: Props): VNode {
  return (
    <>
      <PageHead title={title ?? w[section]()}>{children}</PageHead>
      <nav class="sentinel-sections" aria-label={w.sections()}>
        {SECTIONS.map((each) => (
          <Link key={each} to={pathOf(whose, each)} current={each === section}>
            {w[each]()}
          </Link>
        ))}
      </nav>
    </>
  )
}
