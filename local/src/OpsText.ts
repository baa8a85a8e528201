/** Answers of the operator's API for people. Pure. */

export type Answer = Record<string, unknown>

type Incident = { id: string; what: string; at: string; detail: Record<string, string> }
type Letter = { id: string; queue?: string; kind: string; at: number; detail: Record<string, string> }
type Item = {
  id: string
  purpose: string
  nonce: number
  state: string
  attempts: number
  createdAt: number
  transaction?: string
  refusal?: string
  heldSince?: number
}
type Lane = { chainId: number; signer: string; paused: boolean; items: Item[] }

/** What a command's answer says, a fact a line. */
export function asText(command: string, answer: Answer): string {
  const { incidents, deadLetters, lanes, reconciledAt } = answer as {
    incidents?: Incident[]
    deadLetters?: Letter[]
    lanes?: Lane[]
    reconciledAt?: string | null
  }
  if (command === 'incidents') return section('incidents', incidents?.map(incident))
  if (command === 'lanes') return section('lanes', lanes?.flatMap(lane))
  if (command === 'audit') return audit(answer)
  if (Object.hasOwn(sentinel, command)) return sentinel[command as keyof typeof sentinel](answer)
  if (command !== 'stuck') return facts(answer)
  return [
    section('incidents', incidents?.map(incident)),
    section('dead letters', deadLetters?.map(letter)),
    section('lanes', lanes?.flatMap(lane)),
    `last full comparison: ${reconciledAt ?? 'none yet'}`,
  ].join('\n')
}

type Chain = { chain: string; rows: number; head: { seq: number; hash: string } }
type Flaw = { chain: string; seq: number; what: string }

/** The heads are worth keeping elsewhere: a chain that is written anew as a whole has another. */
function audit(answer: Answer): string {
  const { ok, chains = [], flaws = [] } = answer as { ok?: boolean; chains?: Chain[]; flaws?: Flaw[] }
  return [
    section(
      'chains',
      chains.map(({ chain, rows, head }) => `${chain}  ${rows} rows  head ${head.seq} ${head.hash}`),
    ),
    section(
      'flaws',
      flaws.map(({ chain, seq, what }) => `${chain}  row ${seq}  ${what}`),
    ),
    ok === true ? 'the audit is as it was written' : 'THE AUDIT IS NOT AS IT WAS WRITTEN',
  ].join('\n')
}

type Stop = { id: string; scope: string; kind: string; rule: string; at: string; key: string; chainId: number }
type Breaker = { scope: string; subject: string; phase?: string; cause: string | null; until: string | null }
type AlertChannel = { id: string; kind: string; name: string; enabled: boolean; confirmed: boolean }
type Rule = { id: string; version: number; action: string; state: string; when: string }

const sentinel = {
  rules: ({ revision, rules }: Answer) =>
    section(
      `rules at revision ${String(revision)}`,
      (rules as Rule[]).map(
        ({ id, version, action, state, when }) => `${id} v${version}  ${action}  ${state}\n    ${when}`,
      ),
    ),
  stops: ({ stops }: Answer) =>
    section(
      'stops',
      (stops as Stop[]).map(
        ({ id, scope, kind, rule, at, key, chainId }) => `${at}  ${id}  ${kind}  ${scope} ${rule}  ${chainId} ${key}`,
      ),
    ),
  breakers: ({ breakers }: Answer) =>
    section(
      'breakers',
      (breakers as Breaker[]).map(({ subject, phase = 'open', cause, until }) => {
        const ends = phase === 'closed' ? '' : until === null ? '  until it is closed' : `  probes from ${until}`
        return `${subject}  ${phase}${ends}${cause === null ? '' : `  ${cause}`}`
      }),
    ),
  'alert-channels': ({ channels }: Answer) =>
    section(
      'alert channels',
      (channels as AlertChannel[]).map(({ id, kind, name, enabled, confirmed }) => {
        return `${id}  ${kind}  ${enabled ? 'on' : confirmed ? 'OFF' : 'NOT CONFIRMED'}  ${name}`
      }),
    ),
}

function section(title: string, lines: string[] = []): string {
  return lines.length === 0 ? `${title}: none` : [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function incident({ id, what, at, detail }: Incident): string {
  return `${at}  ${what}  ${id}\n    ${facts(detail)}`
}

function letter({ id, queue = '', kind, at, detail }: Letter): string {
  return `${new Date(at).toISOString()}  ${queue} ${kind}  ${id}\n    ${facts(detail)}`
}

function lane({ chainId, signer, paused, items }: Lane): string[] {
  const head = `${chainId} ${signer}  ${paused ? 'PAUSED' : 'running'}  ${items.length} under way`
  return [head, ...items.map((item) => `  ${itemText(item)}`)]
}

function itemText({ id, purpose, nonce, state, attempts, createdAt, transaction, refusal, heldSince }: Item): string {
  const since = new Date(createdAt).toISOString()
  const held = heldSince === undefined ? undefined : `OVER THE GAS BUDGET since ${new Date(heldSince).toISOString()}`
  const more = [transaction, refusal, held].filter((each) => each !== undefined).map((each) => `  ${each}`)
  return `nonce ${nonce}  ${purpose}  ${state}  since ${since}  ${attempts} signed  ${id}${more.join('')}`
}

function facts(of: Record<string, unknown>): string {
  return Object.entries(of)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ')
}
