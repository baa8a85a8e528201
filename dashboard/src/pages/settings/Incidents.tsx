/** What somebody should look at in the provider's channels. */
import { usePages } from '../../api/Load.ts'
import { short } from '../../format/Address.ts'
import { Link, useFilter } from '../../Router.ts'
import { Badge, Checkbox, type Column, Empty, Failed, Section, Table, Time } from '../../ui/index.ts'
import { type Incident, incidents } from '../sessions/Calls.ts'
import { channelPath } from '../sessions/SessionName.ts'
import { incidentAdvice, incidentName, w } from './providerWords.ts'

export function Incidents({ provider }: { provider: string }) {
  const [filter, setFilter] = useFilter(['incidents'])
  const status = filter.incidents === 'all' ? 'all' : 'open'
  const found = usePages((cursor, signal) => incidents(provider, status, cursor, signal), [provider, status])
  return (
    <Section title={w.incidents()} hint={w.incidentsHint()}>
      <Checkbox
        label={w.allIncidents()}
        value={status === 'all'}
        onChange={(on) => setFilter({ incidents: on ? 'all' : undefined })}
      />
      {found.error === undefined ? (
        <Table
          caption={w.incidents()}
          columns={columns(provider)}
          rows={found.items}
          keyOf={({ id, channelId }) => `${id} ${channelId}`}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={<Empty title={w.noIncidents()} text={w.noIncidentsText()} />}
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
    </Section>
  )
}

function columns(provider: string): Column<Incident>[] {
  return [
    { key: 'at', head: w.time(), cell: ({ at }) => <Time at={at} /> },
    { key: 'what', head: w.what(), cell: ({ what }) => incidentName(what) },
    {
      key: 'state',
      head: w.state(),
      cell: ({ resolvedAt }) => (
        <Badge tone={resolvedAt === null ? 'bad' : 'good'}>{resolvedAt === null ? w.open() : w.resolved()}</Badge>
      ),
    },
    {
      key: 'channel',
      head: w.channel(),
      cell: ({ channelId }) => <Link to={channelPath(provider, channelId)}>{short(channelId)}</Link>,
    },
    { key: 'todo', head: w.todo(), cell: ({ what, resolvedAt }) => (resolvedAt === null ? incidentAdvice(what) : '–') },
    { key: 'detail', head: w.detail(), cell: ({ detail }) => <Detail detail={detail} /> },
  ]
}

function Detail({ detail }: { detail: Incident['detail'] }) {
  const said = Object.entries(detail).map(([name, value]) => `${name}: ${value}`)
  return <span class="mono">{said.join(', ')}</span>
}
