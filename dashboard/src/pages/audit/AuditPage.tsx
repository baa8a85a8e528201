/** Who changed what, and whether that is still what was written. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { usePages } from '../../api/Load.ts'
import type { components } from '../../api/Schema.d.ts'
import { short } from '../../format/Address.ts'
import { useFilter } from '../../Router.ts'
import { me } from '../../Session.ts'
import {
  Button,
  Code,
  type Column,
  Dialog,
  Empty,
  Facts,
  Failed,
  PageHead,
  Table,
  TextInput,
  Time,
} from '../../ui/index.ts'
import { Download } from '../ledger/Download.tsx'
import { VerifyPanel } from './VerifyPanel.tsx'
import { w } from './words.ts'

type Entry = components['schemas']['AuditEntry']

export default function AuditPage() {
  const [asked, setAsked] = useFilter(['action', 'subject'])
  const [shown, setShown] = useState<Entry>()
  const found = usePages<Entry>(
    async (cursor, signal) => {
      const query = { ...asked, limit: 100, ...(cursor === undefined ? {} : { cursor }) }
      const { data: items, nextCursor } = await data(api.GET('/audit', { params: { query }, signal }))
      return { items, nextCursor }
    },
    [asked.action, asked.subject],
  )
  const isFiltered = asked.action !== undefined || asked.subject !== undefined
  return (
    <>
      <PageHead title={w.title()} text={w.intro()}>
        <Download name="audit" called={w.file()} query={{}} />
      </PageHead>
      <Filters key={`${asked.action} ${asked.subject}`} asked={asked} set={setAsked} isFiltered={isFiltered} />
      {found.error === undefined ? (
        <Table
          caption={w.title()}
          columns={columns(setShown)}
          rows={found.items}
          keyOf={({ seq }) => String(seq)}
          onMore={found.loadMore}
          more={found.more}
          loading={found.loading}
          empty={
            isFiltered ? (
              <Empty title={w.emptyFiltered()} text={w.emptyFilteredText()} />
            ) : (
              <Empty title={w.emptyTitle()} text={w.emptyText()} />
            )
          }
        />
      ) : (
        <Failed error={found.error} retry={found.reload} />
      )}
      <VerifyPanel />
      <One entry={shown} onClose={() => setShown(undefined)} />
    </>
  )
}

type Asked = { action?: string; subject?: string }

/** Sent by Enter or the button: half a name would find nothing. */
function Filters({
  asked,
  set,
  isFiltered,
}: {
  asked: Asked
  set: (to: { action: string; subject: string }) => void
  isFiltered: boolean
}) {
  const [action, setAction] = useState(asked.action ?? '')
  const [subject, setSubject] = useState(asked.subject ?? '')
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        set({ action: action.trim(), subject: subject.trim() })
      }}
    >
      <TextInput
        label={w.action()}
        placeholder="api_key.create"
        value={action}
        onChange={setAction}
        maxLength={100}
        mono
      />
      <TextInput
        label={w.subject()}
        placeholder={w.subjectHint()}
        value={subject}
        onChange={setSubject}
        maxLength={200}
        mono
      />
      <div class="actions">
        <Button type="submit">{w.filter()}</Button>
        {isFiltered && (
          <Button kind="quiet" onClick={() => set({ action: '', subject: '' })}>
            {w.seeAll()}
          </Button>
        )}
      </div>
    </form>
  )
}

/** The actor as a person knows him. */
export function actorText(actor: string, owner: string | undefined): string {
  if (actor === owner) return w.you()
  if (actor === 'platform') return w.platform()
  return actor.startsWith('key_') ? `${w.byKey()} ${short(actor)}` : short(actor)
}

function columns(show: (entry: Entry) => void): Column<Entry>[] {
  return [
    { key: 'seq', head: w.seq(), align: 'end', cell: ({ seq }) => String(seq) },
    { key: 'at', head: w.time(), cell: ({ at }) => <Time at={at} /> },
    { key: 'action', head: w.action(), cell: ({ action }) => <code>{action}</code> },
    {
      key: 'subject',
      head: w.subject(),
      cell: ({ subject }) => (
        <span class="mono" title={subject}>
          {short(subject)}
        </span>
      ),
    },
    {
      key: 'actor',
      head: w.actor(),
      cell: ({ actor }) => <span title={actor}>{actorText(actor, me.value?.owner)}</span>,
    },
    {
      key: 'detail',
      head: w.detail(),
      cell: (entry) => (
        <Button kind="quiet" label={w.show({ seq: String(entry.seq) })} onClick={() => show(entry)}>
          {w.showShort()}
        </Button>
      ),
    },
  ]
}

function One({ entry, onClose }: { entry: Entry | undefined; onClose: () => void }) {
  const title = w.one({ seq: String(entry?.seq ?? '') })
  return (
    <Dialog
      open={entry !== undefined}
      title={title}
      onClose={onClose}
      actions={<Button onClick={onClose}>{w.close()}</Button>}
      wide
    >
      {entry !== undefined && (
        <>
          <Facts
            items={[
              [w.time(), <Time at={entry.at} />],
              [w.action(), <code>{entry.action}</code>],
              [w.subject(), <code>{entry.subject}</code>],
              [w.actor(), <code>{entry.actor}</code>],
              [w.hash(), <code>{entry.hash}</code>],
              [w.prev(), <code>{entry.prev === '' ? '–' : entry.prev}</code>],
            ]}
          />
          <Code text={JSON.stringify(entry.detail, undefined, 2)} label={w.detail()} />
        </>
      )}
    </Dialog>
  )
}
