/** The same as files, for books and spreadsheets. */
import { Button } from '../../ui/Button.tsx'
import { Section } from '../../ui/PageHead.tsx'
import * as Acts from '../keys/Acts.ts'
import { HowFar } from '../ledger/Download.tsx'
import type { ExportName } from '../ledger/Export.ts'
import { useFile } from '../ledger/useFile.ts'
import { w } from './words.ts'

type Props = {
  /** The id of a key, or a session. */
  of: string | undefined
  /** ISO times. */
  from: string | undefined
  to: string | undefined
}

const FILES: readonly [ExportName, () => string][] = [
  ['payments', w.paymentsCsv],
  ['settlements', w.settlementsCsv],
  ['movements', w.movementsCsv],
]

export function Exports({ of, from, to }: Props) {
  const file = useFile()
  const get = async (name: ExportName, called: string) => {
    const session = await sessionOf(of)
    const query = {
      side: 'payer' as const,
      ...(from === undefined ? {} : { since: from }),
      ...(to === undefined ? {} : { until: to }),
      ...(session === undefined ? {} : { session }),
    }
    await file.take(name, query, called)
  }
  return (
    <Section title={w.exports()} hint={w.exportsHint()}>
      <div class="actions">
        {FILES.map(([name, label]) => (
          <Button key={name} disabled={file.count !== undefined} onClick={() => get(name, label())}>
            {label()}
          </Button>
        ))}
        <HowFar file={file} />
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
