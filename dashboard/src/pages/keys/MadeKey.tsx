/** After a key was made: its secret, shown once, and the registration of an escrow key. */
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../ui/Button.tsx'
import { Checkbox } from '../../ui/Checkbox.tsx'
import { Code } from '../../ui/Code.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { useUnsaved } from '../../ui/useUnsaved.ts'
import type { TypedData } from './Acts.ts'
import { payExample } from './Examples.ts'
import type { Made } from './Key.ts'
import { Register } from './Register.tsx'
import { w } from './newWords.ts'

type Props = { made: Made; sign: TypedData | null; toKey: () => void; graceSeconds?: number }

/** The way on is shut until the secret is copied: it is shown nowhere else, ever. */
export function MadeKey({ made, sign, toKey, graceSeconds }: Props) {
  const [copied, setCopied] = useState(made.madeBy === 'client' || made.secret === null)
  useUnsaved(!copied)
  // It takes the place of a long form: who was at its end is brought to the secret.
  useEffect(() => {
    scrollTo(0, 0)
    document.querySelector<HTMLElement>('#main h1')?.focus({ preventScroll: true })
  }, [])
  return (
    <>
      <Secret made={made} copied={copied} setCopied={setCopied} />
      {sign !== null && <Register row={made} first={sign} {...(graceSeconds === undefined ? {} : { graceSeconds })} />}
      <Section title={w.use()}>
        <Code text={payExample(made)} label={w.use()} />
      </Section>
      <div class="actions">
        <Button kind="primary" disabled={!copied} onClick={toKey}>
          {w.toKey()}
        </Button>
      </div>
    </>
  )
}

type SecretProps = { made: Made; copied: boolean; setCopied: (copied: boolean) => void }

function Secret({ made: { secret, madeBy }, copied, setCopied }: SecretProps) {
  if (madeBy === 'client') return null
  if (secret === null) return <Notice tone="bad">{w.secretGone()}</Notice>
  return (
    <Section title={w.secret()}>
      <Notice tone="warn">{w.secretOnce()}</Notice>
      <Code text={secret} label={w.secret()} />
      <Checkbox label={w.copied()} value={copied} onChange={setCopied} />
    </Section>
  )
}
