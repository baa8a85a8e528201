/** The files of a period: read to their end here, and how a program does the same. */
import { mode } from '../../Session.ts'
import { Code, Section } from '../../ui/index.ts'
import { Download } from './Download.tsx'
import { type ExportQuery, linkOf } from './Export.ts'
import { w } from './words.ts'

export function Files({ query }: { query: ExportQuery }) {
  return (
    <Section title={w.files()} hint={w.filesHint()}>
      <div class="cards">
        {FILES.map((name) => (
          <FileCard key={name} name={name} query={query} />
        ))}
      </div>
      <details>
        <summary>{w.howTitle()}</summary>
        <p class="prose">{w.how()}</p>
        <Code label={w.example()} text={exampleOf(query)} />
        {mode.value === 'live' && (
          <p>
            <a href={linkOf('payments', query)} download="pbstream-payments.csv">
              {w.link()}
            </a>
            <span class="hint"> {w.linkHint()}</span>
          </p>
        )}
      </details>
    </Section>
  )
}

const FILES = ['payments', 'settlements', 'movements', 'decisions'] as const
type FileName = (typeof FILES)[number]

const TEXTS = {
  payments: w.paymentsText,
  settlements: w.settlementsText,
  movements: w.movementsText,
  decisions: w.decisionsText,
}

function FileCard({ name, query }: { name: FileName; query: ExportQuery }) {
  return (
    <div class="card">
      <h3>{w[name]()}</h3>
      <p class="hint">{TEXTS[name]()}</p>
      <Download name={name} called={w[name]()} query={query} />
    </div>
  )
}

/** A program's way through a file, in a shell. */
function exampleOf(query: ExportQuery): string {
  const asked = linkOf('payments', query)
  return [
    `url='${globalThis.location.origin}${asked}'`,
    'curl -fsS -H "Authorization: Bearer $PB_API_KEY" "$url" -o payments.csv',
    '# goes on behind the last line; repeat until nothing is added',
    'cursor=$(tail -n 1 payments.csv | tr -d "\\r" | sed "s/.*,//")',
    'curl -fsS -H "Authorization: Bearer $PB_API_KEY" "$url&cursor=$cursor" | tail -n +2 >> payments.csv',
  ].join('\n')
}
