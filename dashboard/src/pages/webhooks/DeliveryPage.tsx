/** One delivery: what was sent, to the byte, and what came of it. */
import { useLoad } from '../../api/Load.ts'
import { Link } from '../../Router.ts'
import { Address, Code, Facts, Failed, Loading, PageHead, Section, Time } from '../../ui/index.ts'
import { answerOf, DeliveryStatus } from './Deliveries.tsx'
import { delivery } from './Endpoint.ts'
import { pretty } from './Pretty.ts'
import { Resend } from './Resend.tsx'
import { w } from './words.ts'

const EVERY_MS = 5_000

export default function DeliveryPage({ params }: { params: Record<string, string> }) {
  const { id = '' } = params
  const found = useLoad((signal) => delivery(id, signal), [id], { everyMs: EVERY_MS })
  const row = found.data
  return (
    <>
      <PageHead title={w.one({ event: row?.event ?? '…' })}>
        <Link to="/webhooks?tab=deliveries">{w.back()}</Link>
        {row !== undefined && <Resend row={row} after={found.reload} />}
      </PageHead>
      {found.error !== undefined && <Failed error={found.error} retry={found.reload} />}
      {row === undefined && found.error === undefined && <Loading />}
      {row !== undefined && (
        <>
          <Facts
            items={[
              [w.status(), <DeliveryStatus status={row.status} />],
              [w.endpoint(), <Link to={`/webhooks/${encodeURIComponent(row.endpointId)}`}>{row.endpointId}</Link>],
              [w.attempts(), w.attemptsOf({ n: row.attempts })],
              [w.answer(), answerOf(row)],
              [w.time(), <Time at={row.createdAt} />],
              [w.updated(), <Time at={row.updatedAt} />],
              [w.next(), <Time at={row.nextAttemptAt} />],
              [w.eventId(), <Address value={row.eventId} />],
            ]}
          />
          <p class="hint">{w.eventIdHint()}</p>
          <Section title={w.payload()} hint={w.payloadHint()}>
            <Code text={pretty(row.payload)} label={w.payload()} />
          </Section>
        </>
      )}
    </>
  )
}
