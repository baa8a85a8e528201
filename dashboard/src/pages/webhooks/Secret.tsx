/** A signing secret, shown this once. */
import { Button, Code, Dialog, Notice } from '../../ui/index.ts'
import { w } from './words.ts'

/** `secret` null: the request was repeated, and a repeat does not hold it. */
export function Secret({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  const actions = (
    <Button kind="primary" onClick={onClose}>
      {w.stored()}
    </Button>
  )
  return (
    <Dialog open title={w.secretTitle()} onClose={onClose} actions={actions}>
      {secret === null ? (
        <Notice tone="warn">{w.secretGone()}</Notice>
      ) : (
        <>
          <p class="prose">{w.secretOnce()}</p>
          <Code text={secret} label={w.secret()} />
        </>
      )}
    </Dialog>
  )
}
