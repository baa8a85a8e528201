/** Changing a route. What somebody else changed meanwhile is never overwritten: `If-Match` holds it. */
import { useState } from 'preact/hooks'
import { api, ApiProblem, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { useLoad } from '../../api/Load.ts'
import { mode } from '../../Session.ts'
import { Button } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Form } from '../../ui/Form.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Section } from '../../ui/Section.tsx'
import { Time } from '../../ui/Time.tsx'
import { toast } from '../../ui/Toast.tsx'
import { useUnsaved } from '../../ui/useUnsaved.ts'
import { verifiedHosts } from './Hosts.ts'
import { leadsElsewhere, ofRoute, type Route, type RouteDraft, toPatch } from './RouteDraft.ts'
import { RouteFields } from './RouteFields.tsx'
import { w } from './words.ts'

type Props = { route: Route; etag: string; onChange: () => void }

export function RouteSettings({ route, etag, onChange }: Props) {
  const [draft, setDraft] = useState<RouteDraft>(() => ofRoute(route))
  const [isStale, setStale] = useState(false)
  const { data: verified } = useLoad(verifiedHosts, [])
  const patch = toPatch(draft, route)
  useUnsaved(patch !== undefined)
  const submit = async () => {
    if (patch === undefined) return
    try {
      await confirmed((headers) =>
        data(
          api.PATCH('/routes/{id}', {
            params: { path: { id: route.id } },
            headers: { ...headers, 'If-Match': etag },
            body: patch,
          }),
        ),
      )
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 412) setStale(true)
      throw error
    }
    toast(w.saved(), { kind: 'good' })
    onChange()
  }
  return (
    <>
      {isStale ? (
        <Notice tone="warn">
          <p>{w.changedMeanwhile()}</p>
          <Button onClick={onChange}>{w.loadAnew()}</Button>
        </Notice>
      ) : null}
      <Form
        submit={w.save()}
        onSubmit={submit}
        disabled={patch === undefined}
        beside={patch === undefined ? null : <Button onClick={() => setDraft(ofRoute(route))}>{w.undoEdits()}</Button>}
      >
        <RouteFields draft={draft} onChange={setDraft} provider={route.providerId} verified={verified} />
        {patch !== undefined && mode.value === 'live' && leadsElsewhere(patch) ? (
          <Notice tone="info">{w.needsWallet()}</Notice>
        ) : null}
      </Form>
      <Section title={w.facts()}>
        <Facts
          items={[
            [w.audience(), <code key="audience">{route.audience}</code>],
            [w.revision(), String(route.revision)],
            [w.createdAt(), <Time key="created" at={route.createdAt} />],
            [w.updated(), <Time key="updated" at={route.updatedAt} />],
          ]}
        />
      </Section>
    </>
  )
}
