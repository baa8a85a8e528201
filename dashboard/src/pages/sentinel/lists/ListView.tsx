/** One list: its entries and when they end, adding and taking out, with undo. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../../ui/Button.tsx'
import { useNow } from '../../../ui/Clock.ts'
import { Form } from '../../../ui/Form.tsx'
import { Section } from '../../../ui/Section.tsx'
import { Table } from '../../../ui/Table.tsx'
import { TextArea } from '../../../ui/TextArea.tsx'
import { Countdown } from '../../../ui/Time.tsx'
import { TimeInput } from '../../../ui/TimeInput.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import type { Rule, RuleList } from '../Types.ts'
import type { Whose } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { isExpired, readValues, usersOf } from './Entries.ts'
import { w } from './words.ts'

type Entry = RuleList['entries'][number]
type Props = { whose: Whose; list: RuleList; rules: readonly Rule[]; onChange(): void }

export function ListView({ whose, list, rules, onChange }: Props): VNode {
  const { name, entries } = list
  const users = usersOf(name, rules)
  const take = async (entry: Entry) => {
    await Calls.removeEntries(whose, name, [entry.value])
    onChange()
    const undo = async () => {
      await Calls.addEntries(whose, name, [entry])
      onChange()
    }
    toast(w.taken({ value: entry.value }), { undo })
  }
  const remove = async () => {
    await Calls.deleteList(whose, name)
    onChange()
    const undo = async () => {
      await Calls.setList(whose, list)
      onChange()
    }
    toast(w.deleted({ name }), { undo })
  }
  return (
    <Section
      title={name}
      hint={users.length === 0 ? w.unused() : `${w.usedBy()}: ${users.join(', ')}`}
      actions={
        <Button kind="danger" disabled={users.length > 0} label={`${w.delete()}: ${name}`} onClick={remove}>
          {w.delete()}
        </Button>
      }
    >
      {users.length > 0 && <p class="hint">{w.inUse()}</p>}
      <Table
        caption={`${name}: ${w.entries({ n: entries.length })}`}
        columns={[
          { key: 'value', head: w.value(), cell: ({ value }: Entry) => <span class="mono">{value}</span> },
          { key: 'until', head: w.ends(), cell: (entry: Entry) => <Until entry={entry} /> },
          {
            key: 'take',
            head: shared.action(),
            cell: (entry: Entry) => (
              <Button label={`${w.take()}: ${entry.value}`} onClick={() => take(entry)}>
                {w.take()}
              </Button>
            ),
          },
        ]}
        rows={entries}
        keyOf={({ value }) => value}
        empty={<p class="hint">{w.empty()}</p>}
      />
      <Adding whose={whose} name={name} onDone={onChange} />
    </Section>
  )
}

function Until({ entry }: { entry: Entry }): VNode {
  const now = useNow()
  if (entry.until === undefined) return <span>{w.never()}</span>
  return isExpired(entry, now) ? <span class="hint">{w.expired()}</span> : <Countdown until={entry.until} />
}

function Adding({ whose, name, onDone }: { whose: Whose; name: string; onDone(): void }): VNode {
  const [text, setText] = useState('')
  const [until, setUntil] = useState<number>()
  const [problem, setProblem] = useState<{ values?: string; until?: string }>({})
  const add = async () => {
    const typed = readValues(text)
    const values =
      typed.problem === 'none'
        ? w.none()
        : typed.problem === 'long'
          ? w.tooLong({ value: typed.value ?? '' })
          : undefined
    const past = until !== undefined && until <= Date.now() ? w.past() : undefined
    setProblem({ ...(values === undefined ? {} : { values }), ...(past === undefined ? {} : { until: past }) })
    if (values !== undefined || past !== undefined) return
    const end = until === undefined ? {} : { until: new Date(until).toISOString() }
    await Calls.addEntries(
      whose,
      name,
      typed.values.map((value) => ({ value, ...end })),
    )
    toast(w.added({ n: typed.values.length }))
    setText('')
    setUntil(undefined)
    onDone()
  }
  return (
    <details>
      <summary>{w.addEntries()}</summary>
      <Form onSubmit={add} submit={w.addEntries()}>
        <TextArea
          label={w.values()}
          hint={w.valuesHint()}
          error={problem.values}
          rows={3}
          mono
          value={text}
          onChange={setText}
        />
        <TimeInput label={w.until()} error={problem.until} value={until} onChange={setUntil} />
      </Form>
    </details>
  )
}
