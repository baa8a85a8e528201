/** How a host is shown to be the owner's: a text, where to serve it, and having it read now. */
import { useState } from 'preact/hooks'
import { api, ApiProblem, data } from '../../api/Client.ts'
import { confirmed } from '../../api/Confirmed.ts'
import type { components } from '../../api/Schema.d.ts'
import { Button } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { w } from './words.ts'

export type Host = components['schemas']['UpstreamHost']

type State = 'waiting' | 'reading' | 'failed' | 'verified'

const PATH = '/.well-known/pbstream-verification'

export function Proof({ host: { host, token, verifiedAt }, onVerified }: { host: Host; onVerified: () => void }) {
  const [state, setState] = useState<State>(verifiedAt === null ? 'waiting' : 'verified')
  const verify = async () => {
    setState('reading')
    try {
      await confirmed((headers) =>
        data(api.POST('/upstream-hosts/{host}/verify', { params: { path: { host } }, headers })),
      )
      setState('verified')
      onVerified()
    } catch (error) {
      const isMissing = error instanceof ApiProblem && error.code === 'verification_failed'
      setState(isMissing ? 'failed' : 'waiting')
      if (!isMissing) throw error
    }
  }
  return (
    <>
      <p>{w.proofText()}</p>
      <Code text={token} label={w.token()} />
      <p>{w.at()}</p>
      <Code text={`https://${host}${PATH}`} label={w.address()} />
      <p>{w.tryIt()}</p>
      <Code text={`curl -i https://${host}${PATH}`} label={w.command()} />
      <div role="status" aria-live="polite">
        {state === 'reading' ? (
          <p>
            <progress aria-label={w.verifying()} /> {w.verifying()}
          </p>
        ) : null}
        {state === 'failed' ? <Notice tone="warn">{w.failed()}</Notice> : null}
        {state === 'verified' ? <Notice tone="good">{w.done({ host })}</Notice> : null}
      </div>
      {state === 'verified' ? null : (
        <div class="actions">
          <Button kind="primary" busy={state === 'reading'} onClick={verify}>
            {w.verify()}
          </Button>
        </div>
      )}
    </>
  )
}
