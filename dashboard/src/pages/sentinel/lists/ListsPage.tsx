/** Lists that conditions ask about. Each change is in force at once. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLoad } from '../../../api/Load.ts'
import { mode } from '../../../Session.ts'
import { Button } from '../../../ui/Button.tsx'
import { Empty } from '../../../ui/Empty.tsx'
import { Failed } from '../../../ui/Failed.tsx'
import { Form } from '../../../ui/Form.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { toast } from '../../../ui/Toast.tsx'
import * as Calls from '../Calls.ts'
import { RulesHead } from '../Head.tsx'
import { type Whose, whoseOf } from '../Whose.ts'
import { w as shared } from '../words.ts'
import { ListView } from './ListView.tsx'
import { w } from './words.ts'

const NAME = /^[a-z][a-z0-9_]{0,31}$/

export default function ListsPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const [isMaking, setMaking] = useState(false)
  const { data, error, reload } = useLoad((signal) => Calls.getRules(whose, signal), [whose.provider, mode.value])
  const make = (
    <Button kind="primary" onClick={() => setMaking(true)}>
      {w.newList()}
    </Button>
  )
  return (
    <>
      <RulesHead whose={whose} section="lists">
        {make}
      </RulesHead>
      <p class="hint">{w.hint()}</p>
      {error !== undefined && data === undefined && <Failed error={error} retry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {isMaking && data !== undefined && (
        <NewList
          whose={whose}
          taken={data.lists.map(({ name }) => name)}
          onDone={() => {
            setMaking(false)
            reload()
          }}
          onCancel={() => setMaking(false)}
        />
      )}
      {data !== undefined && data.lists.length === 0 && !isMaking && (
        <Empty title={w.emptyTitle()} text={w.emptyText()} action={make} />
      )}
      {data?.lists.map((list) => (
        <ListView key={list.name} whose={whose} list={list} rules={data.rules} onChange={reload} />
      ))}
    </>
  )
}

type NewProps = { whose: Whose; taken: readonly string[]; onDone(): void; onCancel(): void }

function NewList({ whose, taken, onDone, onCancel }: NewProps): VNode {
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<string>()
  const make = async () => {
    const wrong = !NAME.test(name) ? w.nameWrong() : taken.includes(name) ? w.nameTaken() : undefined
    setProblem(wrong)
    if (wrong !== undefined) return
    await Calls.setList(whose, { name, entries: [] })
    toast(w.made({ name }))
    onDone()
  }
  return (
    <Form onSubmit={make} submit={w.make()} beside={<Button onClick={onCancel}>{shared.cancel()}</Button>}>
      <TextInput
        label={w.name()}
        hint={w.nameHint()}
        error={problem}
        maxLength={32}
        mono
        value={name}
        onChange={setName}
      />
    </Form>
  )
}
