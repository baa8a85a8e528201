/** `npm run ops`: what an operator may ask and have done, over the HTTP API of workers/control. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './Bundle.ts'
import { asText, type Answer } from './OpsText.ts'

const help = `What does not get on, and what can be done about it.

Usage: npm run ops -- <command> [options]

  stuck                            incidents that hold, dead letters, transactions under way for long, paused lanes
  incidents                        incidents that hold, newest first
  lanes                            every lane: paused or not, and what is under way
  reconcile                        compare the next channels with their sessions and the chain now
  replay <dead letter>             deal with a message again that no retry could deal with
  drain <channel>                  claim everything that a channel can claim, now
  pause-lane <chain> <signer>      a lane takes on nothing new, and sees what it has to its end
  resume-lane <chain> <signer>     it takes on transactions again

  rules                            the rules of the platform, and the revision that they are at
  set-rules <file> <revision>      put the set of a JSON file in force, in the place of that revision
  stops                            keys that rules have stopped and nobody has let go
  release-stop <stop> <reason>     let a key go on; the rule does not act on it for an hour
  breakers                         breakers of the platform, and all that are not closed
  open-breaker <of> <reason>       refuse calls: of global, provider:<id> or upstream:<route>
  close-breaker <of> <reason>      let them through again
  alert-channels                   where operators are told
  test-channel <channel>           send a message there now

  audit verify                     every chain of the audit: what was edited, deleted, inserted, reordered or cut off

  --url URL    origin of the control Worker (default: PBSTREAM_CONTROL_URL, or http://127.0.0.1:8404)
  --json       the answer as JSON
  -h, --help   this text

The key is OPERATOR_KEY of the environment; for a system that npm start runs on this machine, the one in .pbstream.
Every command can be repeated. It ends with 0 when it was done, 1 when it was not, 2 when it was not understood.`

type Request = { method: 'GET' | 'POST' | 'PUT'; path: string; body?: string; match?: string }

/** By name: how many arguments a command takes, and what is asked for. */
const commands: Record<string, [count: number, (...args: string[]) => Request | Promise<Request>]> = {
  stuck: [0, () => ({ method: 'GET', path: 'stuck' })],
  incidents: [0, () => ({ method: 'GET', path: 'incidents' })],
  lanes: [0, () => ({ method: 'GET', path: 'lanes' })],
  reconcile: [0, () => ({ method: 'POST', path: 'reconcile' })],
  replay: [1, (id = '') => ({ method: 'POST', path: `dead-letters/${encodeURIComponent(id)}/replay` })],
  drain: [1, (id = '') => ({ method: 'POST', path: `channels/${encodeURIComponent(id)}/drain` })],
  'pause-lane': [2, (...lane) => ({ method: 'POST', path: `lanes/${lane.map(encodeURIComponent).join('/')}/pause` })],
  'resume-lane': [2, (...lane) => ({ method: 'POST', path: `lanes/${lane.map(encodeURIComponent).join('/')}/resume` })],
  rules: [0, () => ({ method: 'GET', path: 'rules' })],
  'set-rules': [2, setRules],
  stops: [0, () => ({ method: 'GET', path: 'stops?open=true' })],
  'release-stop': [2, (id = '', reason = '') => withReason(`stops/${encodeURIComponent(id)}/release`, reason)],
  breakers: [0, () => ({ method: 'GET', path: 'breakers' })],
  'open-breaker': [2, (of = '', reason = '') => withReason(`breakers/${encodeURIComponent(of)}/open`, reason)],
  'close-breaker': [2, (of = '', reason = '') => withReason(`breakers/${encodeURIComponent(of)}/close`, reason)],
  'alert-channels': [0, () => ({ method: 'GET', path: 'alert-channels' })],
  'test-channel': [1, (id = '') => ({ method: 'POST', path: `alert-channels/${encodeURIComponent(id)}/test` })],
}

function withReason(path: string, reason: string): Request {
  return { method: 'POST', path, body: JSON.stringify({ reason }) }
}

async function setRules(file = '', revision = ''): Promise<Request> {
  if (!/^[1-9][0-9]{0,14}$/.test(revision))
    throw new Trouble(2, `${revision} is no revision. See npm run ops -- rules.`)
  const body = await readFile(file, 'utf8').catch(() => {
    throw new Trouble(2, `${file} cannot be read.`)
  })
  return { method: 'PUT', path: 'rules', body, match: `"${revision}"` }
}

/** Something that the person at the keyboard can mend. */
class Trouble extends Error {
  readonly code: 1 | 2

  constructor(code: 1 | 2, message: string) {
    super(message)
    this.code = code
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof Trouble ? error.code : 1
}

async function main(): Promise<void> {
  const { values, positionals } = parsed()
  const [name, ...args] = positionals
  if (values.help || name === undefined) {
    console.log(help)
    if (!values.help) process.exitCode = 2
    return
  }
  if (name === 'audit' && args.length === 1 && args[0] === 'verify') return verifyAudit(values)
  const [count, toRequest] = Object.hasOwn(commands, name) ? (commands[name] ?? []) : []
  if (count === undefined || toRequest === undefined) throw new Trouble(2, `There is no command ${name}. See --help.`)
  if (args.length !== count)
    throw new Trouble(2, `${name} takes ${count} argument${count === 1 ? '' : 's'}. See --help.`)
  const url = values.url ?? process.env.PBSTREAM_CONTROL_URL ?? 'http://127.0.0.1:8404'
  const answer = await ask(url, await keyFor(url), await toRequest(...args))
  console.log(values.json ? JSON.stringify(answer, undefined, 2) : asText(name, answer))
  if ('kind' in answer && (answer.kind === 'kept' || answer.kind === 'refund_in_flight')) process.exitCode = 1
}

type Findings = { flaws: object[]; chains: object[]; next: { chain: string; seq: number } | null }

/** Asks until every chain has been looked at. */
async function verifyAudit(values: { url?: string | undefined; json: boolean }): Promise<void> {
  const url = values.url ?? process.env.PBSTREAM_CONTROL_URL ?? 'http://127.0.0.1:8404'
  const key = await keyFor(url)
  const all: { ok: boolean; flaws: object[]; chains: object[] } = { ok: true, flaws: [], chains: [] }
  for (let next: Findings['next'] = { chain: '', seq: 0 }; next !== null;) {
    const path = `audit/verify?chain=${encodeURIComponent(next.chain)}&seq=${next.seq}`
    const found = (await ask(url, key, { method: 'GET', path })) as Findings
    all.flaws.push(...found.flaws)
    all.chains.push(...found.chains)
    next = found.next
  }
  all.ok = all.flaws.length === 0
  console.log(values.json ? JSON.stringify(all, undefined, 2) : asText('audit', all))
  if (!all.ok) process.exitCode = 1
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new Trouble(2, `${error instanceof Error ? error.message : 'unknown option'}\nSee --help.`)
  }
}

/** The key goes nowhere but to the deployment that it is for: the one of this machine only to this machine. */
async function keyFor(url: string): Promise<string> {
  const given = process.env.OPERATOR_KEY
  if (given !== undefined && given !== '') return given
  const local = URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
  const known = local ? await readFile(join(root, '.pbstream', 'keys.json'), 'utf8').catch(() => '{}') : '{}'
  const { operator } = JSON.parse(known) as { operator?: string }
  if (operator === undefined) throw new Trouble(2, 'OPERATOR_KEY is not set. See --help.')
  return operator
}

async function ask(url: string, key: string, { method, path, body: sent, match }: Request): Promise<Answer> {
  if (!URL.canParse(url)) throw new Trouble(2, `${url} is not a URL.`)
  let response: Response
  try {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...(match === undefined ? {} : { 'if-match': match }),
    }
    // The key follows no redirect.
    response = await fetch(new URL(`/ops/${path}`, url), {
      ...{ method, headers, redirect: 'error' },
      ...(sent === undefined ? {} : { body: sent }),
    })
  } catch {
    throw new Trouble(1, `Nobody answers at ${url}.`)
  }
  const body = (await response.json().catch(() => undefined)) as Record<string, unknown> | undefined
  if (response.ok && body !== undefined) return body
  throw new Trouble(1, reasonOf(response.status, body))
}

function reasonOf(status: number, problem: Record<string, unknown> | undefined): string {
  if (status === 401) return 'The key is not the OPERATOR_KEY of this deployment.'
  if (problem?.['code'] === 'precondition_failed') return 'They have changed since: look at them again.'
  if (status === 404) return 'There is no such thing there; or the deployment has no OPERATOR_KEY.'
  const said = [problem?.['title'], problem?.['detail'], problem?.['hint']]
    .filter((each) => typeof each === 'string')
    .join('. ')
  return `${status}${said === '' ? '' : `: ${said}`}`
}
