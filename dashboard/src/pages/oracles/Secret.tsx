/** The secret of an oracle that is pushed: shown once, with how to send a value. */
import { Button } from '../../ui/Button.tsx'
import { Code } from '../../ui/Code.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { w } from './words.ts'

/** `secret` null: it was shown before, and cannot be again. */
export type Shown = { id: string; secret: string | null }

export function SecretDialog({ shown: { id, secret }, onClose }: { shown: Shown; onClose: () => void }) {
  return (
    <Dialog
      wide
      open
      title={w.secret()}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {w.kept()}
        </Button>
      }
    >
      {secret === null ? (
        <Notice tone="warn">{w.secretGone()}</Notice>
      ) : (
        <>
          <Notice tone="warn">{w.secretOnce()}</Notice>
          <Code text={secret} label={w.secret()} />
        </>
      )}
      <p>{w.howToSend()}</p>
      <Code text={example(globalThis.location.origin, id)} label={w.example()} />
    </Dialog>
  )
}

/** A value, signed as Standard Webhooks says, by a shell that has openssl. The secret stays out of it. */
export function example(origin: string, id: string): string {
  return [
    `SECRET='whsec_…'   # ${w.secret()}`,
    `BODY='{"value":"42"}'; ID=msg_$(date +%s%N); AT=$(date +%s)`,
    `KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')`,
    `SIGNATURE=$(printf '%s.%s.%s' "$ID" "$AT" "$BODY" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | base64)`,
    `curl -X POST '${origin}/v1/oracles/${id}/values' -H 'content-type: application/json' \\`,
    `  -H "webhook-id: $ID" -H "webhook-timestamp: $AT" -H "webhook-signature: v1,$SIGNATURE" -d "$BODY"`,
  ].join('\n')
}
