/** How a key stands in the contract, and what is still missing there after it was stopped here. */
import { zeroAddress } from '@pbstream/core/Hex'
import { Address } from '../../ui/Address.tsx'
import { Button } from '../../ui/Button.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Money } from '../../ui/Money.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { Time } from '../../ui/Time.tsx'
import { toast } from '../../ui/Toast.tsx'
import * as Acts from './Acts.ts'
import type { Detail } from './Key.ts'
import { w } from './keyWords.ts'

export function OnChain({ row, changed }: { row: Detail; changed: () => void }) {
  if (row.contract === 'canonical') {
    return (
      <Section title={w.onChain()}>
        <p class="hint">{w.onChainNone()}</p>
      </Section>
    )
  }
  const { onChain, freezer } = row
  if (onChain === null) {
    return (
      <Section title={w.onChain()}>
        <p class="hint">{w.onChainUnknown()}</p>
      </Section>
    )
  }
  return (
    <Section title={w.onChain()} hint={w.onChainHint()}>
      <Facts
        items={[
          [w.chainUsage(), <Money atomic={onChain.usage} />],
          [w.frozenAt(), <Since at={onChain.frozenAt} />],
          [w.revokedAt(), <Since at={onChain.revokedAt} />],
          [w.freezer(), freezer === zeroAddress ? w.nobody() : <Address value={freezer} />],
          [w.chainVersion(), String(onChain.version)],
        ]}
      />
      <Missing row={row} changed={changed} />
    </Section>
  )
}

function Since({ at }: { at: number }) {
  return at === 0 ? <>{w.no()}</> : <Time at={at * 1_000} />
}

/** Stopped here, and not yet there: the wallet can bring it to the chain. */
function Missing({ row: { id, status, onChain }, changed }: { row: Detail; changed: () => void }) {
  const freeze = (status === 'frozen' || status === 'freezing') && onChain?.stoppedAt === 0
  const revoke = status === 'revoked' && onChain?.revokedAt === 0
  if (!freeze && !revoke) return null
  const send = async () => {
    const signed = await Acts.signForChain(id, freeze ? 'freeze' : 'revoke')
    await (freeze ? Acts.freeze(id, signed) : Acts.revoke(id, signed))
    toast(w.onChainDone(), { kind: 'good' })
    changed()
  }
  return (
    <div class="actions">
      <Button onClick={send}>{freeze ? w.freezeOnChain() : w.revokeOnChain()}</Button>
    </div>
  )
}
