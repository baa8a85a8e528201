import { Button, toast } from '../../ui/index.ts'
import { type Delivery, resend } from './Endpoint.ts'
import { w } from './words.ts'

/** Sends a delivery again; not one that is on its way by itself. */
export function Resend({ row, after }: { row: Delivery; after: () => void }) {
  if (row.status === 'pending') return <span class="muted">–</span>
  const again = async () => {
    await resend(row.id)
    toast(w.againSent(), { kind: 'good' })
    after()
  }
  return (
    <Button onClick={again} label={`${w.again()}: ${row.event}`}>
      {w.again()}
    </Button>
  )
}
