/** The secret of a webhook: shown once, copied, gone. */
import type { VNode } from 'preact'
import { Button } from '../../../ui/Button.tsx'
import { Code } from '../../../ui/Code.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { w } from './words.ts'

export function Secret({ secret, onClose }: { secret: string; onClose(): void }): VNode {
  const done = (
    <Button kind="primary" onClick={onClose}>
      {w.understood()}
    </Button>
  )
  return (
    <Dialog open title={w.secretTitle()} onClose={onClose} actions={done}>
      <p>{w.secretText()}</p>
      <Code text={secret} label={w.secret()} />
    </Dialog>
  )
}
