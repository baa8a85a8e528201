/** `/p/:provider/oracles/:id`: what an oracle says and said, and its settings. */
import { useState } from 'preact/hooks'
import { api, data, dataAndEtag } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { useLoad } from '../../api/Load.ts'
import { go, useFilter } from '../../Router.ts'
import { mode } from '../../Session.ts'
import { reasonOf } from '../../said/Said.ts'
import { Address } from '../../ui/Address.tsx'
import { Button } from '../../ui/Button.tsx'
import { confirmDialog } from '../../ui/Confirm.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Failed } from '../../ui/Failed.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { Time } from '../../ui/Time.tsx'
import { toast } from '../../ui/Toast.tsx'
import type { Oracle as OracleOf } from './OracleDraft.ts'
import { base, kindName } from './Oracles.tsx'
import { OracleSettings } from './OracleSettings.tsx'
import { SecretDialog, type Shown } from './Secret.tsx'
import { Status } from './Status.tsx'
import { Values } from './Values.tsx'
import { w } from './words.ts'

const EVERY_MS = 10_000

export default function Oracle({ params: { provider = '', id = '' } }: { params: Record<string, string> }) {
  const [{ tab = 'values' }, setFilter] = useFilter(['tab'])
  // Not while it is edited: what is typed must not be thrown away.
  const every = tab === 'settings' ? {} : { everyMs: EVERY_MS }
  const loaded = useLoad(
    (signal) => dataAndEtag(api.GET('/oracles/{id}', { params: { path: { id } }, signal })),
    [id, mode.value],
    every,
  )
  if (loaded.data === undefined) {
    return loaded.error === undefined ? <Loading /> : <Failed error={loaded.error} retry={loaded.reload} />
  }
  const { data: oracle, etag } = loaded.data
  const again = () => loaded.reload()
  return (
    <>
      <PageHead title={oracle.name} text={kindName(oracle.source.kind)}>
        <Address value={oracle.id} />
        <Actions oracle={oracle} etag={etag} onChange={again} onDeleted={() => go(base(provider))} />
      </PageHead>
      <State oracle={oracle} />
      <Tabs
        label={w.parts()}
        tabs={[
          { value: 'values', label: w.values() },
          { value: 'settings', label: w.settings() },
        ]}
        value={tab === 'settings' ? 'settings' : 'values'}
        onChange={(value) => setFilter({ tab: value === 'values' ? undefined : value })}
      >
        {tab === 'settings' ? (
          <OracleSettings key={etag} oracle={oracle} etag={etag} onChange={again} />
        ) : (
          <Values id={id} count={oracle.values} />
        )}
      </Tabs>
    </>
  )
}

function State({ oracle }: { oracle: OracleOf }) {
  const { status, inForce, value, valueAt, staleAt, failingSince, lastError, nextReadAt } = oracle
  return (
    <>
      {status === 'stale' ? <Notice tone="bad">{w.staleNotice()}</Notice> : null}
      {status === 'waiting' ? <Notice tone="info">{w.waitingNotice()}</Notice> : null}
      {failingSince === null ? null : (
        <Notice tone="warn">
          <p>
            {w.failingNotice({ reason: reasonOf(lastError ?? '') })} <Time at={failingSince} ago />
          </p>
        </Notice>
      )}
      <Facts
        items={[
          [w.state(), <Status key="status" oracle={oracle} />],
          [w.inForce(), inForce ?? w.cardSays()],
          [w.lastValue(), value ?? '–'],
          [w.at(), <Time key="at" at={valueAt} ago />],
          [w.countsUntil(), <Time key="until" at={staleAt} />],
          ...(nextReadAt === null ? [] : [[w.nextRead(), <Time key="next" at={nextReadAt} ago />] as const]),
        ]}
      />
    </>
  )
}

type ActionProps = { oracle: OracleOf; etag: string; onChange: () => void; onDeleted: () => void }

function Actions({ oracle: { id, name, enabled, source }, etag, onChange, onDeleted }: ActionProps) {
  const [shown, setShown] = useState<Shown>()
  const params = { path: { id } }
  const toggle = async () => {
    await confirmed((headers) =>
      data(
        api.PATCH('/oracles/{id}', { params, headers: { ...headers, 'If-Match': etag }, body: { enabled: !enabled } }),
      ),
    )
    toast(enabled ? w.switchedOff() : w.switchedOn())
    onChange()
  }
  const rotate = async () => {
    if (!(await confirmDialog({ title: w.rotate(), text: w.rotateText(), confirm: w.rotate() }))) return
    const { secret } = await confirmed((headers) =>
      data(api.POST('/oracles/{id}/rotate-secret', { params, headers: { ...headers, 'If-Match': etag } })),
    )
    setShown({ id, secret })
    onChange()
  }
  const remove = async () => {
    const text = w.removeText({ name })
    if (!(await confirmDialog({ title: w.remove(), text, confirm: w.remove(), danger: true }))) return
    await confirmed((headers) => data(api.DELETE('/oracles/{id}', { params, headers })))
    toast(w.removed())
    onDeleted()
  }
  return (
    <>
      <Button onClick={toggle}>{enabled ? w.switchOff() : w.switchOn()}</Button>
      {source.kind === 'push' ? <Button onClick={rotate}>{w.rotate()}</Button> : null}
      <Button kind="danger" onClick={remove}>
        {w.remove()}
      </Button>
      {shown === undefined ? null : <SecretDialog shown={shown} onClose={() => setShown(undefined)} />}
    </>
  )
}
