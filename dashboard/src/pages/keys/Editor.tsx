/** The limits editor: says before saving what needs the wallet, and lets people choose when somebody else was faster. */
import { useState } from 'preact/hooks'
import { ApiProblem } from '../../api/Client.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Form } from '../../ui/Form.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Switch } from '../../ui/Switch.tsx'
import { Table } from '../../ui/Table.tsx'
import { TextArea } from '../../ui/TextArea.tsx'
import { TextInput } from '../../ui/TextInput.tsx'
import { TimeInput } from '../../ui/TimeInput.tsx'
import { toast } from '../../ui/Toast.tsx'
import * as Acts from './Acts.ts'
import { type Draft, errorsOf } from './Draft.ts'
import * as Edit from './Edit.ts'
import { editWords as w } from './editWords.ts'
import type { Detail } from './Key.ts'
import { AmountFields } from './LimitFields.tsx'
import type { Fields } from './NewForm.tsx'
import { w as newWords } from './newWords.ts'

type Versioned = { data: Detail; etag: string }
type Props = { opened: Versioned; onClose: () => void; changed: () => void }

const nowS = () => Math.floor(Date.now() / 1_000)

export function Editor({ opened, onClose, changed }: Props) {
  const [base, setBase] = useState(opened)
  const [draft, setDraft] = useState(() => Edit.begin(opened.data, nowS()))
  const [theirs, setTheirs] = useState<Versioned>()
  const [tried, setTried] = useState(false)
  const mine = Edit.changesOf(base.data, draft, nowS())
  const errors = tried ? errorsOf(draft, nowS()) : {}
  const save = async (at: Versioned, body: Edit.Body) => {
    try {
      await Acts.edit(at.data.id, at.etag, body)
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'precondition_failed') throw error
      setTheirs(await Acts.detail(at.data.id))
      return
    }
    toast(w.saved({ name: body.name ?? at.data.name }), { kind: 'good' })
    changed()
    onClose()
  }
  const submit = async () => {
    setTried(true)
    if (Object.keys(errorsOf(draft, nowS())).length > 0) throw new Error(newWords.fixErrors())
    if (mine === undefined) throw new Error(w.nothing())
    await save(base, mine)
  }
  const start = (from: Versioned) => {
    setTheirs(undefined)
    setBase(from)
    setDraft(Edit.begin(from.data, nowS()))
    changed()
  }
  if (theirs !== undefined && mine !== undefined) {
    return (
      <Dialog open wide title={w.title()} onClose={onClose}>
        <Conflict
          rows={Edit.differences(base.data, theirs.data, mine)}
          keep={() => save(theirs, mine)}
          drop={() => start(theirs)}
        />
      </Dialog>
    )
  }
  const raised = mine === undefined ? [] : Edit.raises(base.data, mine)
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }))
  return (
    <Dialog open wide title={w.title()} onClose={onClose}>
      <p class="hint">{w.intro()}</p>
      <Form
        onSubmit={submit}
        submit={raised.length > 0 ? w.saveSigned() : w.save()}
        beside={<Button onClick={onClose}>{w.cancel()}</Button>}
      >
        <EditFields draft={draft} errors={errors} set={set} />
        <Effect escrow={base.data.contract === 'escrow'} mine={mine} raised={raised} />
      </Form>
    </Dialog>
  )
}

function EditFields({ draft, errors, set }: Fields) {
  return (
    <>
      <TextInput
        label={w.name()}
        name="name"
        value={draft.name}
        error={errors.name}
        onChange={(name) => set({ name })}
      />
      <AmountFields draft={draft} errors={errors} set={set} />
      {'at' in draft.expiry && (
        <TimeInput
          label={w.expiry()}
          name="expiry"
          value={draft.expiry.at}
          error={errors.expiry}
          onChange={(at) => set({ expiry: { at } })}
        />
      )}
      <TextArea
        label={w.payees()}
        name="payees"
        value={draft.payees}
        error={errors.payees}
        rows={3}
        mono
        onChange={(payees) => set({ payees })}
      />
      <Switch label={newWords.anyRoute()} value={draft.anyRoute} onChange={(anyRoute) => set({ anyRoute })} />
      {!draft.anyRoute && (
        <TextArea
          label={w.routes()}
          name="routes"
          value={draft.routes}
          error={errors.routes}
          rows={3}
          mono
          onChange={(routes) => set({ routes })}
        />
      )}
    </>
  )
}

type EffectProps = { escrow: boolean; mine: Edit.Body | undefined; raised: Edit.EditField[] }

/** What saving will do, before it is done. */
function Effect({ escrow, mine, raised }: EffectProps) {
  if (mine === undefined) return <p class="hint">{w.nothing()}</p>
  const named = (fields: readonly Edit.EditField[]) => fields.map(Edit.fieldText).join(', ')
  const tightened = Edit.FIELDS.filter((field) => mine[field] !== undefined && !raised.includes(field))
  return (
    <div aria-live="polite">
      {tightened.length > 0 && <Notice tone="info">{w.tightens({ fields: named(tightened) })}</Notice>}
      {raised.length > 0 && (
        <Notice tone="warn">
          {w.needsWallet({ fields: named(raised) })} {escrow && w.beyond()}
        </Notice>
      )}
      {mine.periodDuration !== undefined && <p class="hint">{w.newWindow()}</p>}
    </div>
  )
}

type ConflictProps = { rows: Edit.Difference[]; keep: () => Promise<void>; drop: () => void }

function Conflict({ rows, keep, drop }: ConflictProps) {
  return (
    <>
      <Notice tone="warn">{w.conflict()}</Notice>
      <Table
        caption={w.conflictTable()}
        columns={[
          { key: 'field', head: w.field(), cell: ({ field }: Edit.Difference) => Edit.fieldText(field) },
          { key: 'was', head: w.was(), cell: ({ was }: Edit.Difference) => was },
          { key: 'theirs', head: w.theirs(), cell: (row: Edit.Difference) => row.theirs },
          { key: 'mine', head: w.mine(), cell: ({ mine }: Edit.Difference) => mine ?? w.untouched() },
        ]}
        rows={rows}
        keyOf={({ field }) => field}
        empty={<p>{w.conflictOther()}</p>}
      />
      <div class="actions">
        <Button kind="primary" onClick={keep}>
          {w.keepMine()}
        </Button>
        <Button onClick={drop}>{w.takeTheirs()}</Button>
      </div>
    </>
  )
}
