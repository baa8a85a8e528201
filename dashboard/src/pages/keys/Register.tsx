/** The way of an escrow key onto the chain: the wallet signs, the service sends, the block comes. */
import { useEffect, useState } from 'preact/hooks'
import { useLoad } from '../../api/Load.ts'
import { saidOfError } from '../../said/Said.ts'
import { signTypedData } from '../../Wallet.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { SaidText } from '../../ui/SaidText.tsx'
import * as Acts from './Acts.ts'
import type { Key } from './Key.ts'
import { w } from './newWords.ts'

/** `signing` and `sending` are what is being done; the rest is how it stands. */
export type Step = 'open' | 'signing' | 'sending' | 'pending' | 'done'
const order: readonly Step[] = ['open', 'signing', 'sending', 'pending', 'done']
const EVERY_MS = 3_000

type Props = {
  row: Key
  /** What to sign, where it is fresh. */
  first?: Acts.TypedData | undefined
  graceSeconds?: number
  onDone?: () => void
}

export function Register({ row, first, graceSeconds, onDone }: Props) {
  const { id } = row
  const [step, setStep] = useState<Step>(row.registration === 'pending' ? 'pending' : 'open')
  const [error, setError] = useState<Error>()
  const run = async () => {
    setError(undefined)
    setStep('signing')
    try {
      const typed = first !== undefined && isFresh(first) ? first : await Acts.registration(row)
      const signature = await signTypedData(typed)
      setStep('sending')
      const { status } = await Acts.register(id, typed, signature, graceSeconds)
      setStep(status === 'draft' ? 'pending' : 'done')
      if (status !== 'draft') onDone?.()
    } catch (thrown) {
      setStep('open')
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }
  const arrived = () => {
    setStep('done')
    onDone?.()
  }
  return (
    <Section title={w.progress()}>
      <ol class="steps" aria-live="polite">
        <Line text={w.stepMade()} at="done" />
        <Line text={w.stepSign()} at={stateOf(step, 'signing')} />
        <Line text={w.stepSend()} at={stateOf(step, 'sending')} />
        <Line text={w.stepDone()} at={step === 'done' ? 'done' : step === 'pending' ? 'now' : 'open'} />
      </ol>
      {step === 'pending' && <Waiting id={id} arrived={arrived} />}
      {error !== undefined && (
        <Notice tone="bad">
          <SaidText {...saidOfError(error)} />
        </Notice>
      )}
      {step !== 'done' && step !== 'pending' && (
        <div class="actions">
          <Button kind="primary" busy={step !== 'open'} onClick={run}>
            {error === undefined ? w.signNow() : w.registerAgain()}
          </Button>
        </div>
      )}
    </Section>
  )
}

/** Looks until the key is there. */
function Waiting({ id, arrived }: { id: string; arrived: () => void }) {
  const { data } = useLoad((signal) => Acts.detail(id, signal), [id], { everyMs: EVERY_MS })
  const status = data?.data.status
  useEffect(() => {
    if (status !== undefined && status !== 'draft') arrived()
  }, [status])
  return <Notice tone="info">{w.stepPending()}</Notice>
}

export function stateOf(step: Step, of: 'signing' | 'sending'): 'open' | 'now' | 'done' {
  const [at, own] = [order.indexOf(step), order.indexOf(of)]
  return at === own ? 'now' : at > own ? 'done' : 'open'
}

/** Wallets are slow, and so is the chain: five minutes have to be left. */
function isFresh(typed: Acts.TypedData): boolean {
  return Number(typed.message['deadline'] ?? 0) > Date.now() / 1_000 + 300
}

const states = { open: w.open, now: w.waiting, done: w.done }

function Line({ text, at }: { text: string; at: 'open' | 'now' | 'done' }) {
  return (
    <li aria-current={at === 'now' ? 'step' : undefined}>
      {text} <Badge tone={at === 'done' ? 'good' : at === 'now' ? 'info' : 'plain'}>{states[at]()}</Badge>
    </li>
  )
}
