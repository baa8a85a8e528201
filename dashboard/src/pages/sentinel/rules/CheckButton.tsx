/** Asks the service whether it would take the draft, and says where not. Nothing is changed by it. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../../ui/Button.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import * as Calls from '../Calls.ts'
import type { Verdict } from '../Types.ts'
import type { Whose } from '../Whose.ts'
import type { Draft } from './Draft.ts'
import { Problems } from './Problems.tsx'
import { w } from './words.ts'

export function CheckButton({ whose, draft }: { whose: Whose; draft: Draft }): VNode {
  const [found, setFound] = useState<{ draft: Draft; verdict: Verdict }>()
  const check = async () => {
    const { rules, breaker } = draft
    setFound({ draft, verdict: await Calls.validateRules(whose, { rules, breaker }) })
  }
  // What was said of another text is not shown any more.
  const verdict = found?.draft.at === draft.at ? found.verdict : undefined
  return (
    <div class="sentinel-check" aria-live="polite">
      <Button onClick={check}>{w.checkAll()}</Button>
      {verdict?.ok === true && <Notice tone="good">{w.checkedOk()}</Notice>}
      {verdict?.ok === false && (
        <Notice tone="bad">
          <p>{w.checkedBad()}</p>
          <Problems
            problems={verdict.errors.map(({ message, ...place }) => ({ ...place, detail: message }))}
            rules={draft.rules}
            otherwise={w.refused()}
          />
        </Notice>
      )}
    </div>
  )
}
