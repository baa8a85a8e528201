/** The same as files, for books and spreadsheets. */
import { useState } from 'preact/hooks'
import { formatBytes } from '../../format/Number.ts'
import { Button } from '../../ui/Button.tsx'
import { Section } from '../../ui/PageHead.tsx'
import { toast } from '../../ui/Toast.tsx'
import * as Acts from '../keys/Acts.ts'
import { download, type File } from './Csv.ts'
import { w } from './words.ts'

type Props = {
  /** The id of a key, or a session. */
  of: string | undefined
  /** ISO times. */
  from: string | undefined
  to: string | undefined
}

const FILES: readonly [File, () => string][] = [
  ['payments', w.paymentsCsv],
  ['settlements', w.settlementsCsv],
  ['movements', w.movementsCsv],
]

export function Exports({ of, from, to }: Props) {
  const [bytes, setBytes] = useState<number>()
  const get = async (file: File) => {
    setBytes(0)
    try {
      const session = await sessionOf(of)
      const name = await download(file, { since: from, until: to, session }, setBytes)
      toast(w.downloaded({ name }), { kind: 'good' })
    } finally {
      setBytes(undefined)
    }
  }
  return (
    <Section title={w.exports()} hint={w.exportsHint()}>
      <div class="actions">
        {FILES.map(([file, label]) => (
          <Button key={file} disabled={bytes !== undefined} onClick={() => get(file)}>
            {label()}
          </Button>
        ))}
        <span class="hint" role="status">
          {bytes !== undefined && w.downloading({ size: formatBytes(bytes) })}
        </span>
      </div>
    </Section>
  )
}

/** Files are asked for by session: which one a key has, follows from what it is. */
async function sessionOf(key: string | undefined): Promise<string | undefined> {
  if (key === undefined || !key.startsWith('sk_')) return key
  const { chainId, contractAddress, account, key: address } = (await Acts.detail(key)).data
  return [chainId, contractAddress, account, address].join(':')
}
