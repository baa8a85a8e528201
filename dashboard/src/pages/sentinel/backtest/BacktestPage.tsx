/** What rules would have done to recorded payments, before they are put in force. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Failed } from '../../../ui/Failed.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { Button } from '../../../ui/Button.tsx'
import { Section } from '../../../ui/Section.tsx'
import * as Calls from '../Calls.ts'
import { RulesHead } from '../Head.tsx'
import type { Backtest } from '../Types.ts'
import { whoseOf, type Whose } from '../Whose.ts'
import { type Editing, useDraft } from '../rules/useDraft.ts'
import { AskForm } from './AskForm.tsx'
import { Report } from './Report.tsx'
import { type Asked, wantedOf } from './Wanted.ts'
import { w } from './words.ts'

export default function BacktestPage({ params }: { params: Record<string, string> }): VNode {
  const whose = whoseOf(params)
  const { editing, error, reload } = useDraft(whose)
  return (
    <>
      <RulesHead whose={whose} section="backtest" />
      <p class="hint">{w.hint()}</p>
      {error !== undefined && editing === undefined && <Failed error={error} retry={reload} />}
      {editing === undefined && error === undefined && <Loading />}
      {editing !== undefined && <Tried whose={whose} editing={editing} />}
      <Cannot />
    </>
  )
}

function Tried({ whose, editing }: { whose: Whose; editing: Editing }): VNode {
  const [report, setReport] = useState<Backtest>()
  const [isRunning, setRunning] = useState(false)
  const control = useRef<AbortController>()
  useEffect(() => () => control.current?.abort(), [])
  const run = async (asked: Asked, ofDraft: boolean) => {
    control.current?.abort()
    const own = new AbortController()
    control.current = own
    setRunning(true)
    try {
      const { rules } = editing.draft
      const wanted = { ...wantedOf(asked, Date.now()), ...(ofDraft ? { rules } : {}) }
      setReport(await Calls.backtest(whose, wanted, own.signal))
    } catch (error) {
      // Stopped by hand: that is no mistake.
      if (!own.signal.aborted) throw error
    } finally {
      if (control.current === own) setRunning(false)
    }
  }
  return (
    <>
      <AskForm hasDraft={editing.isChanged} onRun={run} />
      <div aria-live="polite">
        {report !== undefined && !isRunning && <p class="visually-hidden">{w.done()}</p>}
        {isRunning && (
          <p class="sentinel-running">
            <progress aria-label={w.running()} /> {w.running()}{' '}
            <Button onClick={() => control.current?.abort()}>{w.stop()}</Button>
          </p>
        )}
      </div>
      {report !== undefined && !isRunning && <Report report={report} />}
    </>
  )
}

function Cannot(): VNode {
  return (
    <Section title={w.cannotTitle()}>
      <ul>
        <li>{w.cannot1()}</li>
        <li>{w.cannot2()}</li>
        <li>{w.cannot3()}</li>
        <li>{w.cannot4()}</li>
        <li>{w.cannot5()}</li>
      </ul>
    </Section>
  )
}
