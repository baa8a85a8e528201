/** What was sent, the newest event first, with what came of it. */
import { usePages } from '../../api/Load.ts'
import { useFilter } from '../../Router.ts'
import { reasonOf } from '../../said/Said.ts'
import { Badge, type Column, Empty, Failed, Select, Table, Time } from '../../ui/index.ts'
import { deliveries, type Delivery, type Endpoint, type Status, STATUSES } from './Endpoint.ts'
import { ALL, isOne } from './Events.ts'
import { Resend } from './Resend.tsx'
import { statusWords, w } from './words.ts'

/** `of`: of this endpoint only; without it the endpoint is one of the filters. */
export function Deliveries({ endpoints, of, stamp }: { endpoints: readonly Endpoint[]; of?: string; stamp?: number }) {
  const [asked, setAsked] = useFilter(['endpoint', 'status', 'event'])
  const endpointId = of ?? asked.endpoint
  const status = STATUSES.find((each) => each === asked.status)
  const event = isOne(asked.event) ? asked.event : undefined
  const filter = {
    ...(endpointId === undefined ? {} : { endpointId }),
    ...(status === undefined ? {} : { status }),
    ...(event === undefined ? {} : { event }),
  }
  const found = usePages((cursor, signal) => deliveries(filter, cursor, signal), [JSON.stringify(filter), stamp])
  const isFiltered = status !== undefined || event !== undefined || (of === undefined && endpointId !== undefined)
  const nothing = isFiltered ? (
    <Empty title={w.emptyFiltered()} text={w.emptyFilteredText()} />
  ) : (
    <Empty title={w.emptyDeliveries()} text={w.emptyDeliveriesText()} />
  )
  return (
    <>
      <div class="filters">
        {of === undefined && (
          <Select
            label={w.endpoint()}
            value={endpointId ?? ''}
            options={endpointOptions(endpoints, endpointId)}
            onChange={(value) => setAsked({ endpoint: value })}
          />
        )}
        <Select
          label={w.status()}
          value={status ?? ''}
          options={[
            { value: '', label: w.allStatuses() },
            ...STATUSES.map((value) => ({ value: value as string, label: statusWords[value]() })),
          ]}
          onChange={(value) => setAsked({ status: value })}
        />
        <Select
          label={w.event()}
          value={event ?? ''}
          options={[
            { value: '', label: w.everything() },
            ...ALL.map((value) => ({ value: value as string, label: value })),
          ]}
          onChange={(value) => setAsked({ event: value })}
        />
      </div>
      {found.error === undefined ? (
        <Table
          caption={w.deliveries()}
          columns={columns(found.reload)}
          rows={found.items}
          keyOf={({ id }) => id}
          rowLink={({ id }) => `/webhooks/deliveries/${encodeURIComponent(id)}`}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={nothing}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </>
  )
}

/** An endpoint of the address that is not among those loaded stays a choice. */
function endpointOptions(
  endpoints: readonly Endpoint[],
  asked: string | undefined,
): { value: string; label: string }[] {
  const known = endpoints.map(({ id, url }) => ({ value: id, label: url }))
  const other =
    asked === undefined || known.some(({ value }) => value === asked) ? [] : [{ value: asked, label: asked }]
  return [{ value: '', label: w.allEndpoints() }, ...known, ...other]
}

const TONES = { pending: 'info', delivered: 'good', failed: 'bad' } as const

export function DeliveryStatus({ status }: { status: Status }) {
  return <Badge tone={TONES[status]}>{statusWords[status]()}</Badge>
}

/** What the last attempt came to: a status of HTTP, or why there was none. */
export function answerOf({ lastStatus, lastError }: Delivery): string {
  return lastStatus === null ? (lastError === null ? w.noAnswer() : reasonOf(lastError)) : String(lastStatus)
}

function columns(reload: () => void): Column<Delivery>[] {
  return [
    { key: 'event', head: w.event(), cell: ({ event }) => <code>{event}</code> },
    { key: 'at', head: w.time(), cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: 'status', head: w.status(), cell: ({ status }) => <DeliveryStatus status={status} /> },
    { key: 'attempts', head: w.attempts(), align: 'end', cell: ({ attempts }) => w.attemptsOf({ n: attempts }) },
    { key: 'answer', head: w.answer(), cell: (row) => answerOf(row) },
    { key: 'next', head: w.next(), cell: ({ nextAttemptAt }) => <Time at={nextAttemptAt} ago /> },
    { key: 'again', head: w.again(), cell: (row) => <Resend row={row} after={reload} /> },
  ]
}
