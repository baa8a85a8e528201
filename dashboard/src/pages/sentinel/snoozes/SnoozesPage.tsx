/** Rules that rest for a key: which, until when, ending and adding. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLoad } from '../../../api/Load.ts'
import { useFilter } from '../../../Router.ts'
import { mode } from '../../../Session.ts'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Form } from '../../../ui/Form.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Table } from '../../../ui/Table.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { Countdown } from '../../../ui/Time.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { RulesHead } from '../Head.tsx'
import type { Snooze } from '../Types.ts'
import { type Whose, whoseOf } from '../Whose.ts'
import { scopeName, w as shared } from '../words.ts'
import { Adding } from './Adding.tsx'
import { w } from './words.ts'

export default function SnoozesPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const [asked, set] = useFilter(['session'])
  const [typed, setTyped] = useState<string>()
  const session = asked.session
  return (
    <>
      <RulesHead whose={whose} section="snoozes" />
      <p class="hint">{w.hint()}</p>
      <Form onSubmit={async () => set({ session: (typed ?? session ?? '').trim() })} submit={w.look()}>
        <TextInput
          label={w.session()}
          hint={whose.provider === undefined ? w.sessionHintOwn() : w.sessionHintProvider()}
          maxLength={256}
          mono
          value={typed ?? session ?? ''}
          onChange={setTyped}
        />
      </Form>
      {session === undefined ? (
        <Empty title={w.emptyTitle()} text={w.emptyText()} />
      ) : (
        <OfKey key={session} whose={whose} session={session.slice(0, 256)} />
      )}
    </>
  )
}

function OfKey({ whose, session }: { whose: Whose; session: string }): VNode {
  const { data, error, reload } = useLoad(
    (signal) => Calls.snoozes(whose, session, signal),
    [whose.provider, mode.value, session],
  )
  const end = async ({ rule, scope }: Snooze) => {
    await Calls.snooze(whose, { session, rule, seconds: 0, ...(scope === 'platform' ? { of: scope } : {}) })
    toast(w.ended({ rule }))
    reload()
  }
  if (error !== undefined && data === undefined) return <Failed error={error} retry={reload} />
  return (
    <Section title={w.of({ session })}>
      <Table
        caption={w.of({ session })}
        columns={[
          { key: 'rule', head: w.rule(), cell: ({ rule }: Snooze) => <span class="mono">{rule}</span> },
          { key: 'scope', head: w.whose(), cell: ({ scope }: Snooze) => <span>{scopeName(scope)}</span> },
          { key: 'until', head: w.left(), cell: ({ until }: Snooze) => <Countdown until={until} /> },
          {
            key: 'end',
            head: shared.action(),
            cell: (snooze: Snooze) => <Button onClick={() => end(snooze)}>{w.end()}</Button>,
          },
        ]}
        rows={data?.data ?? []}
        keyOf={({ rule, scope }) => `${scope} ${rule}`}
        loading={data === undefined}
        empty={<p class="hint">{w.none()}</p>}
      />
      <Adding whose={whose} session={session} onDone={reload} />
    </Section>
  )
}
