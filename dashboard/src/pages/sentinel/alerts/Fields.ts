/** What the parts of the form of a channel share. */
import { SEVERITIES } from '../Types.ts'
import { severityName } from '../words.ts'
import type { Wish, Wrong } from './Wish.ts'

export type FieldsProps = { wish: Wish; wrong: Wrong; onChange(change: Partial<Wish>): void }

export const severities = () => SEVERITIES.map((value) => ({ value, label: severityName(value) }))
