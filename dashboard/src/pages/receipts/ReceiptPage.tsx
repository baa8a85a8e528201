/** One payment: every line of its receipt explained, and how its money moved. */
import { ApiProblem, api, data } from '../../api/Client.ts'
import { useLoad } from '../../api/Load.ts'
import { formatAmount } from '../../format/Money.ts'
import { Link } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { Address } from '../../ui/Address.tsx'
import { Code } from '../../ui/Code.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { PageHead, Section } from '../../ui/PageHead.tsx'
import { Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { TxLink } from '../../ui/TxLink.tsx'
import { type Line, linesOf } from './Lines.ts'
import { claimsOf, mismatches, type PaymentDetail, type Said } from './Receipt.ts'
import { oneWords as w, w as listWords } from './words.ts'

export default function ReceiptPage({ params }: { params: Record<string, string> }) {
  const id = params['id'] ?? ''
  const {
    data: payment,
    error,
    reload,
  } = useLoad((signal) => data(api.GET('/payments/{id}', { params: { path: { id } }, signal })), [id, mode.value])
  if (payment === undefined) {
    if (error === undefined) return <Loading />
    const absent = error instanceof ApiProblem && error.status === 404
    return absent ? <Notice tone="info">{w.notFound()}</Notice> : <Failed error={error} retry={reload} />
  }
  const claims = payment.receipt === null ? undefined : claimsOf(payment.receipt)
  const price = `${formatAmount(payment.price)} USDC`
  return (
    <>
      <PageHead title={w.title()} text={w.paid({ price, service: payment.service ?? listWords.unknown() })} />
      <p>
        <Link to="/receipts">{w.back()}</Link>
      </p>
      <Explained payment={payment} claims={claims} />
      <Way payment={payment} />
      <Signed payment={payment} claims={claims} />
      <Section title={w.verify()} hint={w.verifyHint()}>
        <Code text={verifyExample(payment)} label={w.verify()} />
      </Section>
    </>
  )
}

function Explained({ payment, claims }: { payment: PaymentDetail; claims: Said | undefined }) {
  return (
    <Section title={w.lines()}>
      <Table
        caption={w.lines()}
        columns={[
          { key: 'label', head: w.line(), cell: ({ label }: Line) => label },
          {
            key: 'value',
            head: w.value(),
            cell: ({ value, kind }: Line) => (kind === 'id' ? <Address value={value} /> : <strong>{value}</strong>),
          },
          {
            key: 'meaning',
            head: w.meaning(),
            cell: ({ meaning }: Line) => <span class="hint receipts-meaning">{meaning}</span>,
          },
        ]}
        rows={linesOf(payment, claims)}
        keyOf={({ label }) => label}
        empty={null}
      />
    </Section>
  )
}

/** Charged, recorded, paid out. */
function Way({ payment: { at, claim, payout, chainId } }: { payment: PaymentDetail }) {
  return (
    <Section title={w.money()}>
      <ol class="steps">
        <li>
          <strong>{w.charged()}</strong> <Time at={at} /> <span class="hint">{w.chargedText()}</span>
        </li>
        <li>
          <strong>{w.claimedText()}</strong> <Moved move={claim} chainId={chainId} otherwise={w.notYet()} />
        </li>
        <li>
          <strong>{w.settledText()}</strong>{' '}
          <Moved move={payout} chainId={chainId} otherwise={claim === null ? w.afterClaim() : w.notYet()} />
        </li>
      </ol>
    </Section>
  )
}

type MovedProps = { move: PaymentDetail['claim']; chainId: number; otherwise: string }

function Moved({ move, chainId, otherwise }: MovedProps) {
  if (move === null) return <span class="hint">{otherwise}</span>
  return (
    <>
      <Time at={move.at} /> {move.transaction !== null && <TxLink hash={move.transaction} chainId={chainId} />}
    </>
  )
}

function Signed({ payment, claims }: { payment: PaymentDetail; claims: Said | undefined }) {
  const { receipt } = payment
  if (receipt === null) {
    return (
      <Section title={w.signed()}>
        <p class="hint">{w.noReceipt()}</p>
      </Section>
    )
  }
  const fields = claims === undefined ? [] : mismatches(payment, claims)
  return (
    <Section title={w.signed()} hint={w.signedHint()}>
      {claims === undefined && <Notice tone="bad">{w.unreadable()}</Notice>}
      {claims !== undefined && fields.length === 0 && <Notice tone="good">{w.matches()}</Notice>}
      {fields.length > 0 && <Notice tone="bad">{w.mismatch({ fields: fields.join(', ') })}</Notice>}
      <Code text={receipt} label={w.copyLabel()} />
    </Section>
  )
}

/** A program that verifies this receipt; the gateway is where the agent called. */
export function verifyExample({ route, rateVersion }: Pick<PaymentDetail, 'route' | 'rateVersion'>): string {
  return `import { cardUrl, KEYS_PATH, verifyCharge } from '@pbstream/sdk/verify'

const gateway = 'https://api.example' // where your agent called
const json = async (url) => (await fetch(url)).json()
const keys = await json(new URL(KEYS_PATH, gateway).href)
const card = await json(cardUrl(gateway, ${JSON.stringify(route ?? 'route_…')}, ${rateVersion ?? 1}))
console.log(await verifyCharge(receipt, { keys, card })) // receipt: the text above`
}
