/** Stopping a key at once, and starting it again with the wallet. */
import { Button } from '../../ui/Button.tsx'
import { toast } from '../../ui/Toast.tsx'
import * as Acts from './Acts.ts'
import { can, type Key } from './Key.ts'
import { w } from './words.ts'

/** No question is asked first: whoever presses this may be losing money. It can be undone. */
export async function freezeNow({ id, name }: Pick<Key, 'id' | 'name'>, changed: () => void): Promise<void> {
  const { status } = await Acts.freeze(id)
  changed()
  const said = status === 'frozen' ? w.frozenToast({ name }) : w.freezingToast({ name })
  toast(said, { undo: () => unfreezeNow({ id, name }, changed) })
}

export async function unfreezeNow({ id }: Pick<Key, 'id' | 'name'>, changed: () => void): Promise<void> {
  await Acts.unfreeze(id)
  changed()
}

export function FreezeButton({ row, changed }: { row: Key; changed: () => void }) {
  const { name } = row
  if (can(row, 'freeze')) {
    return (
      <Button kind="danger" label={w.freezeNamed({ name })} onClick={() => freezeNow(row, changed)}>
        {w.freeze()}
      </Button>
    )
  }
  if (!can(row, 'unfreeze')) return null
  const unfreeze = async () => {
    await unfreezeNow(row, changed)
    toast(w.unfrozenToast({ name }), { kind: 'good' })
  }
  return (
    <Button label={w.unfreezeNamed({ name })} onClick={unfreeze}>
      {w.unfreeze()}
    </Button>
  )
}
