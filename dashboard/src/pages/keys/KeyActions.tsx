/** What can be done with a key, as buttons. Freezing is first: it is what one comes for in a hurry. */
import { go } from '../../Router.ts'
import { Button } from '../../ui/Button.tsx'
import { freezeNow } from './Freeze.tsx'
import { can, type Detail, isHeld } from './Key.ts'
import { w } from './keyWords.ts'
import { w as listWords } from './words.ts'

export type Dialogs = 'edit' | 'rotate' | 'revoke' | 'unfreeze' | undefined

type Props = { row: Detail; open: (dialog: Dialogs) => void; changed: () => void }

export function KeyActions({ row, open, changed }: Props) {
  const { id } = row
  const encoded = encodeURIComponent(id)
  const letGo = can(row, 'unfreeze') || (row.status === 'active' && isHeld(row))
  return (
    <>
      {can(row, 'freeze') && (
        <Button kind="danger" onClick={() => freezeNow(row, changed)}>
          {listWords.freeze()}
        </Button>
      )}
      {letGo && (
        <Button kind="primary" onClick={() => open('unfreeze')}>
          {can(row, 'unfreeze') ? listWords.unfreeze() : w.letGo()}
        </Button>
      )}
      {can(row, 'fund') && <Button onClick={() => go(`/funds?key=${encoded}`)}>{w.fund()}</Button>}
      {can(row, 'edit') && <Button onClick={() => open('edit')}>{w.edit()}</Button>}
      {can(row, 'rotate') && <Button onClick={() => open('rotate')}>{w.rotate()}</Button>}
      <Button onClick={() => go(`/keys/new?like=${encoded}`)}>{w.like()}</Button>
      {can(row, 'revoke') && <Button onClick={() => open('revoke')}>{w.revoke()}</Button>}
    </>
  )
}
