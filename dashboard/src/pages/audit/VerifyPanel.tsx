/** Recomputes the chain, says in words what came of it, and keeps the head. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { formatNumber } from '../../format/Number.ts'
import { me, mode } from '../../Session.ts'
import { Button, Code, Form, Notice, Section, TextInput } from '../../ui/index.ts'
import { save } from '../ledger/Save.ts'
import { ask, type Found, parseHead, printHead, verify } from './Verify.ts'
import { flawText, w } from './words.ts'

const SHOWN = 50

export function VerifyPanel() {
  const [kept, setKept] = useState('')
  const [checked, setChecked] = useState<number>()
  const [found, setFound] = useState<Found & { against: boolean }>()
  const running = useRef<AbortController>()
  useEffect(() => () => running.current?.abort(), [])
  const head = parseHead(kept)
  const wrong = kept.trim() !== '' && head === undefined
  const submit = async () => {
    running.current?.abort()
    const control = new AbortController()
    running.current = control
    setFound(undefined)
    setChecked(0)
    try {
      setFound({ ...(await verify(ask(control.signal), head, setChecked)), against: head !== undefined })
    } finally {
      setChecked(undefined)
    }
  }
  return (
    <Section title={w.verifyTitle()} hint={w.verifyHint()}>
      <Form onSubmit={submit} submit={w.verify()} disabled={wrong}>
        <TextInput
          label={w.kept()}
          hint={w.keptHint()}
          error={wrong ? w.keptWrong() : undefined}
          value={kept}
          onChange={setKept}
          mono
        />
      </Form>
      <div class="audit-result" role="status">
        {checked !== undefined && <p>{w.checking({ n: checked })}</p>}
        {found !== undefined && <Result found={found} />}
      </div>
    </Section>
  )
}

function Result({ found: { ok, checked, head, flaws, against } }: { found: Found & { against: boolean } }) {
  const keep = () => {
    const text = printHead(head, { owner: me.value?.owner ?? '', mode: mode.value, at: new Date().toISOString() })
    save(new Blob([text], { type: 'application/json' }), `pbstream-audit-head-${mode.value}-${head.seq}.json`)
  }
  if (!ok) {
    return (
      <Notice tone="bad">
        <p>{w.bad()}</p>
        <ul>
          {flaws.slice(0, SHOWN).map(({ seq, what }) => (
            <li key={`${seq} ${what}`}>{flawText(what, seq)}</li>
          ))}
        </ul>
        {flaws.length > SHOWN && <p>{w.moreFlaws()}</p>}
      </Notice>
    )
  }
  return (
    <>
      <Notice tone="good">{against ? w.goodKept({ n: checked }) : w.good({ n: checked })}</Notice>
      {head.seq > 0 && (
        <>
          <Code text={`${head.seq} ${head.hash}`} label={`${w.head()}, ${formatNumber(head.seq)}`} />
          <p class="hint">{w.keepHint()}</p>
          <Button onClick={keep}>{w.keep()}</Button>
        </>
      )}
    </>
  )
}
