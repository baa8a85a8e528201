/** A condition, as rows where it can be, as CEL always. What is wrong is shown while it is written. */
import type { VNode } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Code } from '../../../ui/Code.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { Tabs } from '../../../ui/Tabs.tsx'
import { featureAbout, featureName } from '../Features.ts'
import type { Feature, Over } from '../Types.ts'
import { Builder } from './Builder.tsx'
import { CelEditor } from './CelEditor.tsx'
import { type Compile, type Compiled, compiler, variablesOf } from './Compiled.ts'
import { vocabulary } from './Completion.ts'
import { type Condition, isComplete, print } from './Condition.ts'
import { read } from './ReadCondition.ts'
import { w } from './words.ts'

type Props = {
  value: string
  over: Over
  features: readonly Feature[]
  lists: readonly string[]
  onChange(value: string): void
  /** Told whether the text holds; undefined: it is not known yet. */
  onJudged(isGood: boolean | undefined): void
}

export function ConditionEditor({ value, over, features, lists, onChange, onJudged }: Props): VNode {
  const compile = useCompiler(features, lists, over)
  const compiled = useMemo(() => compile?.(value), [compile, value])
  const readable = useMemo(() => (compiled?.ok === true ? read(value, compiled.ast) : undefined), [compiled])
  // While a row is half written there is no text for it; it is kept here, and the text stays as it was.
  const [half, setHalf] = useState<Condition>()
  const [chosen, setChosen] = useState<'form' | 'cel'>()
  const condition = half ?? readable
  const view = chosen ?? (compile !== undefined && condition === undefined ? 'cel' : 'form')
  useEffect(() => onJudged(half !== undefined ? false : compiled?.ok), [half, compiled])
  const known = features.filter((each) => each.over.includes(over))
  const build = (next: Condition) => {
    if (!next.groups.flat().every(isComplete)) {
      setHalf(next)
      return
    }
    setHalf(undefined)
    onChange(print(next))
  }
  return (
    <Tabs
      label={w.how()}
      tabs={[
        { value: 'form', label: w.builder() },
        { value: 'cel', label: w.cel() },
      ]}
      value={view}
      onChange={setChosen}
    >
      {view === 'form' && condition !== undefined && (
        <>
          <Builder condition={condition} features={known} lists={lists} onChange={build} />
          <p class="hint">{w.written()}</p>
          <Code text={value} />
        </>
      )}
      {view === 'form' && condition === undefined && compiled !== undefined && (
        <Notice tone="info">{compiled.ok ? w.tooMuch() : w.mustHold()}</Notice>
      )}
      {view === 'cel' && (
        <CelEditor
          value={value}
          onChange={(text) => {
            setHalf(undefined)
            setChosen('cel')
            onChange(text)
          }}
          words={vocabulary(features, lists, over, (feature) => featureAbout(feature))}
          problem={compiled?.ok === false ? compiled.problem : undefined}
        />
      )}
      <Verdict compiled={compiled} />
    </Tabs>
  )
}

function Verdict({ compiled }: { compiled: Compiled | undefined }): VNode {
  return (
    <p class="hint" aria-live="polite">
      {compiled === undefined && w.checking()}
      {compiled?.ok === true &&
        (compiled.names.length === 0
          ? w.asksNothing()
          : w.compiles({ names: compiled.names.map(featureName).join(', ') }))}
    </p>
  )
}

/** Loaded when the first condition is looked at; undefined until then. */
function useCompiler(features: readonly Feature[], lists: readonly string[], over: Over): Compile | undefined {
  const names = lists.join()
  const [made, setMade] = useState<{ compile: Compile; of: string; features: readonly Feature[] }>()
  useEffect(() => {
    let isWanted = true
    void compiler(variablesOf(features, lists, over)).then((compile) => {
      if (isWanted) setMade({ compile, of: `${over} ${names}`, features })
    })
    return () => {
      isWanted = false
    }
  }, [features, names, over])
  return made?.of === `${over} ${names}` && made.features === features ? made.compile : undefined
}
