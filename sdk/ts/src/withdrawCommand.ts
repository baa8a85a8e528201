/** `pbstream withdraw`. */
import { type Address, lower } from '@pbstream/core/Hex'
import { BATCH_SETTLEMENT } from '@pbstream/core/Voucher'
import type { PrivateKeyAccount } from 'viem/accounts'
import * as Chains from './Chain.ts'
import { channelsOf, type KnownChannel } from './ChannelFile.ts'
import * as Channels from './Channels.ts'
import { Failure, UsageError } from './Failure.ts'
import { find } from './Find.ts'
import * as Options from './Options.ts'
import { duration, type Screen, show, time } from './Screen.ts'
import { refusal } from './Trial.ts'
import { type Channel, mayWithdraw, type Position, position } from './Withdraw.ts'

export const withdrawHelp = `Usage: pbstream withdraw --channel CHANNEL.json --rpc URL [--key-file FILE | PBSTREAM_KEY=…]
       pbstream withdraw --channel CHANNEL.json --rpc URL --finalize (--key-file FILE | PBSTREAM_KEY=…)
       pbstream withdraw --find --payer 0x… --rpc URL [--json > CHANNEL.json]

Takes a payer's money out of its channels, with nobody's help: an RPC endpoint and the payer's key, with some of the
chain's coin for gas. In two steps: the first asks for the withdrawal; the second, after the channel's delay, brings the
money. In between the receiver may claim what you have signed for. Without a key it shows how the channels stand.

  --channel FILE    the channel: a ChannelConfig in JSON, several, what --find has printed, or an export
  --rpc URL         JSON-RPC endpoint of the chain (or PBSTREAM_RPC); is not printed
  --key-file FILE   the payer's private key; - reads it from stdin. Or the environment variable PBSTREAM_KEY
  --amount N        ask for N atomic units of one channel; without it for all that is not claimed
  --finalize        the second step
  --contract 0x…    the contract that holds the channel, where the file does not say; without it x402's canonical one,
                    ${BATCH_SETTLEMENT.contract}
  --find            list the channels that a payer has opened in that contract, by the chain's logs
  --payer 0x…       whose channels to find; without it those of the key
  --from-block N    look for them from this block on
  --json            the result as JSON on stdout; progress goes to stderr in any case
  --help            this text

Ends with 0 when it is done or there is nothing to do, 1 when it could not be done (it says why, and when to come back),
2 when it was called wrongly.`

const options = {
  ...Options.commonOptions,
  ...Options.keyOptions,
  channel: { type: 'string' },
  amount: { type: 'string' },
  finalize: { type: 'boolean' },
  contract: { type: 'string' },
  find: { type: 'boolean' },
  payer: { type: 'string' },
  'from-block': { type: 'string' },
} as const

/** What became of one channel; `done` false when it was asked for and could not be. */
type Outcome = Position & { time: number; done: boolean; said: string; transaction?: `0x${string}` }

/** @throws {UsageError | Failure} */
export async function withdrawCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const values = Options.parse(args, options)
  if (values.help === true) {
    screen.out(withdrawHelp)
    return 0
  }
  const { channel: file, finalize = false, json } = values
  const contract = values.contract === undefined ? undefined : Options.address('--contract', values.contract)
  const amount = values.amount === undefined ? undefined : Options.atomicUnits('--amount', values.amount)
  const fromBlock = BigInt(Options.wholeNumber('--from-block', values['from-block'] ?? '0'))
  if (values.find === true && file !== undefined) throw new UsageError('--find and --channel do not go together.')
  if (values.find !== true && file === undefined) {
    throw new UsageError('Say which channel: --channel FILE, or look for it with --find --payer 0x…')
  }
  if (finalize && amount !== undefined) throw new UsageError('--amount belongs to the first step, not to --finalize.')
  const known = file === undefined ? [] : channelsOf(await Options.readJson(file, 'the channel file', at), file)
  if (amount !== undefined && known.length > 1)
    throw new UsageError('--amount is for one channel; the file has several.')
  const url = Options.rpcUrl(values.rpc, at)
  const account = finalize
    ? await Options.requireAccount(values['key-file'], at)
    : await Options.account(values['key-file'], at)

  if (values.find === true) {
    const payer =
      values.payer === undefined ? account && lower(account.address) : Options.address('--payer', values.payer)
    if (payer === undefined) throw new UsageError('Say whose channels: --payer 0x…')
    const chain = await Chains.connect(url)
    return list(chain, contract ?? BATCH_SETTLEMENT.contract, { payer, fromBlock, note: screen.note }, screen, json)
  }
  const chain = await Chains.connect(url)
  const outcomes: Outcome[] = []
  for (const channel of await locate(chain, known, contract)) {
    outcomes.push(await step(chain, channel, { account, finalize, amount, note: screen.note }))
  }
  show(screen, json, { chainId: chain.id, channels: outcomes }, await lines(chain, outcomes))
  return outcomes.every(({ done }) => done) ? 0 : 1
}

/** Which contract each channel of the file is in. */
async function locate(
  chain: Chains.Chain,
  known: readonly KnownChannel[],
  asked: Address | undefined,
): Promise<Channel[]> {
  const channels: Channel[] = []
  for (const { chainId, config, channelId, ...of } of known) {
    if (chainId !== undefined && chainId !== chain.id) {
      throw new UsageError(`The endpoint is on chain ${chain.id}, a channel of the file on ${chainId}.`)
    }
    const contract = of.contract ?? asked ?? BATCH_SETTLEMENT.contract
    const [state] = await Channels.states(chain, contract, [config])
    if (channelId !== undefined && state?.channelId !== channelId) {
      throw new UsageError(
        `${channelId} is not the id of its config at ${contract}: the file is damaged, or --contract wrong.`,
      )
    }
    channels.push({ contract, config, escrow: await Channels.isEscrow(chain, contract) })
  }
  return channels
}

type Step = {
  account: PrivateKeyAccount | undefined
  finalize: boolean
  amount: bigint | undefined
  note(line: string): void
}

/** Does what can be done now for one channel. */
async function step(chain: Chains.Chain, channel: Channel, asked: Step): Promise<Outcome> {
  const { account, finalize, amount, note } = asked
  const { contract, config } = channel
  const before = await look(chain, channel)
  if (account === undefined) return { ...before, done: true, said: say(before) }
  const from = lower(account.address)
  if (before.stage !== 'empty' && !mayWithdraw(channel, from)) {
    const who = channel.escrow ? 'the payer' : 'the payer or the key that signs its vouchers'
    return { ...before, done: false, said: `This key may not withdraw from it: only ${who} may.` }
  }
  const { stage, available } = before
  const begins = !finalize && (stage === 'open' || stage === 'lapsed')
  if (!begins && !(finalize && stage === 'ready')) {
    const done = stage === 'empty' || !finalize
    return { ...before, done, said: say(before) }
  }
  if (begins && amount !== undefined && amount > available) {
    return { ...before, done: false, said: `--amount is more than the ${available} atomic units that are not claimed.` }
  }
  const data = begins ? Channels.initiateWithdraw(config, amount ?? available) : Channels.finalizeWithdraw(config)
  const refused = await refusal(chain, from, contract, data)
  if (refused !== undefined) throw new Failure(`The contract refuses it: ${refused.name ?? 'no reason given'}.`)
  const mined = await Chains.send(chain, account, contract, data)
  note(`${begins ? 'asked for the withdrawal' : 'finalised'} in block ${mined.block}, ${mined.transaction}`)
  const after = await look(chain, channel)
  const { transaction } = mined
  if (begins) return { ...after, done: true, said: say(after), transaction }
  const token = await Chains.token(chain, config.token)
  const said = `Done: ${Chains.money(before.balance - after.balance, token)} went back to ${config.payer}.`
  return { ...after, done: true, said, transaction }
}

async function look(chain: Chains.Chain, channel: Channel): Promise<Position & { time: number }> {
  const [state] = await Channels.states(chain, channel.contract, [channel.config])
  const at = await Chains.now(chain)
  return { ...position(channel, state!, at), time: at }
}

/** How a channel stands, and what to do next. */
function say({ stage, withdrawal, time: now }: Position & { time: number }): string {
  const { finalizableAt = 0, lapsesAt } = withdrawal ?? {}
  const until =
    lapsesAt === undefined
      ? ''
      : ` It lapses at ${time(lapsesAt)} (in ${duration(lapsesAt - now)}): finalise it before.`
  switch (stage) {
    case 'empty':
      return 'Nothing to withdraw.'
    case 'open':
      return 'No withdrawal is pending. Run this with the key of the payer, and without --finalize, to ask for one.'
    case 'pending':
      return `The withdrawal can be finalised at ${time(finalizableAt)} (in ${duration(finalizableAt - now)}).${until} Then run this with --finalize.`
    case 'ready':
      return `The withdrawal can be finalised now: run this with --finalize.${until}`
    case 'lapsed':
      return `The withdrawal lapsed at ${time(lapsesAt ?? 0)}. Run this without --finalize to ask for a new one.`
  }
}

async function list(
  chain: Chains.Chain,
  contract: Address,
  search: Parameters<typeof find>[2],
  screen: Screen,
  json: boolean | undefined,
): Promise<number> {
  const found = await find(chain, contract, search)
  const escrow = await Channels.isEscrow(chain, contract)
  const seen: (Position & { time: number })[] = []
  for (const { config } of found) seen.push(await look(chain, { contract, config, escrow }))
  const outcomes = seen.map((one): Outcome => ({ ...one, done: true, said: say(one) }))
  const channels = seen.map((one) => ({ chainId: chain.id, ...one }))
  const none = [
    `${search.payer} has opened no channel in ${contract} on chain ${chain.id} since block ${search.fromBlock}.`,
  ]
  show(screen, json, { channels }, outcomes.length === 0 ? none : await lines(chain, outcomes))
  return 0
}

async function lines(chain: Chains.Chain, outcomes: readonly Outcome[]): Promise<string[]> {
  const texts: string[] = []
  for (const { channelId, contract, config, balance, claimed, available, withdrawal, said } of outcomes) {
    const token = await Chains.token(chain, config.token)
    const money = (amount: bigint) => Chains.money(amount, token)
    texts.push(
      `Channel ${channelId} in ${contract}`,
      `  to ${config.receiver}: ${money(balance)} put in, ${money(claimed)} claimed, ${money(available)} left`,
      ...(withdrawal === undefined
        ? []
        : [`  withdrawal of ${money(withdrawal.amount)} since ${time(withdrawal.initiatedAt)}`]),
      `  ${said}`,
    )
  }
  return texts
}
