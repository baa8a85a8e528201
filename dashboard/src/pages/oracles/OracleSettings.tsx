/** Changing an oracle; of which kind it is stays. */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { Form } from '../../ui/Form.tsx'
import { toast } from '../../ui/Toast.tsx'
import { type Oracle, type OracleDraft, ofOracle, toPatch } from './OracleDraft.ts'
import { OracleFields } from './OracleFields.tsx'
import { w } from './words.ts'

export function OracleSettings({ oracle, etag, onChange }: { oracle: Oracle; etag: string; onChange: () => void }) {
  const [draft, setDraft] = useState<OracleDraft>(() => ofOracle(oracle))
  const patch = toPatch(draft, oracle)
  const submit = async () => {
    if (patch === undefined) return
    await confirmed((headers) =>
      data(
        api.PATCH('/oracles/{id}', {
          params: { path: { id: oracle.id } },
          headers: { ...headers, 'If-Match': etag },
          body: patch,
        }),
      ),
    )
    toast(w.saved(), { kind: 'good' })
    onChange()
  }
  return (
    <Form submit={w.save()} onSubmit={submit} disabled={patch === undefined}>
      <OracleFields draft={draft} onChange={setDraft} isNew={false} />
    </Form>
  )
}
