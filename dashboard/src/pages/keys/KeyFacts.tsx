/** What a key is: addresses, chain, payees, where to look further. */
import { chainName } from '../../Chains.ts'
import { Link } from '../../Router.ts'
import { Address } from '../../ui/Address.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { Time } from '../../ui/Time.tsx'
import type { Detail } from './Key.ts'
import { w } from './keyWords.ts'

export function KeyFacts({ row }: { row: Detail }) {
  const query = `?key=${encodeURIComponent(row.id)}`
  return (
    <Section title={w.facts()}>
      <Facts
        items={[
          [w.payees(), <Entries values={row.payees} />],
          [w.routes(), row.routes === null ? w.anyRoute() : <Entries values={row.routes} />],
          [w.address(), <Address value={row.key} />],
          [w.account(), <Address value={row.account} />],
          [w.chain(), chainName(row.chainId)],
          [
            w.contract(),
            <>
              {row.contract === 'escrow' ? w.escrow() : w.canonical()} <Address value={row.contractAddress} />
            </>,
          ],
          [w.madeBy(), row.madeBy === 'client' ? w.madeClient() : w.madeService()],
          [w.version(), w.versionHint({ version: row.version })],
          [w.id(), <Address value={row.id} />],
          [w.createdAt(), <Time at={row.createdAt} />],
          [w.updatedAt(), <Time at={row.updatedAt} ago />],
        ]}
      />
      <p class="links">
        <Link to={`/receipts${query}`}>{w.receipts()}</Link> · <Link to={`/usage${query}`}>{w.usageLink()}</Link> ·{' '}
        <Link to={`/funds${query}`}>{w.fundsLink()}</Link>
      </p>
    </Section>
  )
}

function Entries({ values }: { values: readonly string[] }) {
  return (
    <ul class="plain">
      {values.map((value) => (
        <li key={value}>
          <Address value={value} />
        </li>
      ))}
    </ul>
  )
}
