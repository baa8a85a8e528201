/** `/p/:provider/oracles/new` */
import { useState } from 'preact/hooks'
import { api, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import { go } from '../../Router.ts'
import { Button } from '../../ui/Button.tsx'
import { Form } from '../../ui/Form.tsx'
import { PageHead } from '../../ui/PageHead.tsx'
import { NEW, type OracleDraft, toNew } from './OracleDraft.ts'
import { OracleFields } from './OracleFields.tsx'
import { base } from './Oracles.tsx'
import { SecretDialog, type Shown } from './Secret.tsx'
import { w } from './words.ts'

export default function NewOracle({ params: { provider = '' } }: { params: Record<string, string> }) {
  const [draft, setDraft] = useState<OracleDraft>(NEW)
  const [shown, setShown] = useState<Shown>()
  const open = (id: string) => go(`${base(provider)}/${encodeURIComponent(id)}`)
  const submit = async () => {
    const body = toNew(draft, provider)
    const { id, secret, source } = await confirmed((headers) => data(api.POST('/oracles', { headers, body })))
    if (source.kind === 'push') setShown({ id, secret })
    else open(id)
  }
  return (
    <>
      <PageHead title={w.newOracle()} text={w.oraclesText()} />
      <Form
        submit={w.create()}
        onSubmit={submit}
        beside={<Button onClick={() => go(base(provider))}>{w.cancel()}</Button>}
      >
        <OracleFields draft={draft} onChange={setDraft} isNew />
      </Form>
      {shown === undefined ? null : <SecretDialog shown={shown} onClose={() => open(shown.id)} />}
    </>
  )
}
