/** `pbstream claim`. */
import * as VoucherExport from '@pbstream/core/VoucherExport'
import { type ClaimReport, claim } from './Claim.ts'
import { connect, money } from './Chain.ts'
import { UsageError } from './Failure.ts'
import * as Options from './Options.ts'
import { count, type Screen, show } from './Screen.ts'

export const claimHelp = `Usage: pbstream claim --file EXPORT.json --rpc URL (--key-file FILE | PBSTREAM_KEY=…)

Claims every voucher of an export on chain and has the money paid to the receiver. Needs nothing but the file, an RPC
endpoint, and the key of the receiver (or of the receiver authorizer) with some of the chain's coin for gas. Claims
what was charged, to the unit. Do it again at any time: what is done is not done twice.

  --file FILE      what \`pbstream export\` wrote; may be given several times
  --rpc URL        JSON-RPC endpoint of the chain (or PBSTREAM_RPC); is not printed
  --key-file FILE  the private key, 32 bytes of hex; - reads it from stdin. Or the environment variable PBSTREAM_KEY
  --chain ID       claim only if the endpoint is on this chain; without it, channels of other chains are left out
  --dry-run        try everything, send nothing; needs no key
  --json           the result as JSON on stdout; progress goes to stderr in any case
  --help           this text

Ends with 0 when all that the file says is due is paid, 1 when something is not (it says why), 2 when it was called
wrongly.`

const options = {
  ...Options.commonOptions,
  ...Options.keyOptions,
  file: { type: 'string', multiple: true },
  chain: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const

/** @throws {UsageError | Failure} */
export async function claimCommand(args: string[], at: Options.Environment, screen: Screen): Promise<number> {
  const values = Options.parse(args, options)
  if (values.help === true) {
    screen.out(claimHelp)
    return 0
  }
  const { file: files, 'dry-run': dryRun = false, json } = values
  if (files === undefined) throw new UsageError('Say which export: --file EXPORT.json, as `pbstream export` wrote it.')
  const url = Options.rpcUrl(values.rpc, at)
  const wanted = values.chain === undefined ? undefined : Options.wholeNumber('--chain', values.chain)
  const channels = merge(await Promise.all(files.map((file) => read(file, at))))
  const account = dryRun
    ? await Options.account(values['key-file'], at)
    : await Options.requireAccount(values['key-file'], at)

  const chain = await connect(url)
  if (wanted !== undefined && chain.id !== wanted) throw new UsageError(`The endpoint is on chain ${chain.id}.`)
  const here = channels.filter(({ chainId }) => chainId === chain.id)
  const elsewhere = [...new Set(channels.map(({ chainId }) => chainId))].filter((id) => id !== chain.id)
  if (here.length === 0 && elsewhere.length > 0) {
    throw new UsageError(`The endpoint is on chain ${chain.id}, the channels of the file on ${elsewhere.join(', ')}.`)
  }
  if (elsewhere.length > 0) {
    screen.note(`Left out: channels on chain ${elsewhere.join(', ')}. Run this again with an endpoint of it.`)
  }
  const from = account?.address.toLowerCase() as `0x${string}` | undefined
  const report = await claim(here, {
    chain,
    from: from ?? here[0]?.config.receiver ?? '0x0000000000000000000000000000000000000000',
    account: dryRun ? undefined : account,
    note: screen.note,
  })
  const { tokens: _, ...result } = report
  show(screen, json, { chainId: chain.id, dryRun, elsewhere, ...result }, lines(report, dryRun))
  return report.complete ? 0 : 1
}

async function read(file: string, at: Options.Environment): Promise<VoucherExport.VoucherExport> {
  const json = await Options.readJson(file, 'the export', at)
  try {
    const found = VoucherExport.parse(json)
    if (found.next === undefined) return found
  } catch (error) {
    throw new UsageError(`${file} is not an export of vouchers: ${(error as Error).message}.`)
  }
  throw new UsageError(`${file} is the first page of several. Use \`pbstream export\`, which fetches all of them.`)
}

/** Of a channel that is in several files, the one with the most charged counts. */
function merge(exports: readonly VoucherExport.VoucherExport[]): VoucherExport.ExportedChannel[] {
  const newest = new Map<string, VoucherExport.ExportedChannel>()
  for (const channel of exports.flatMap(({ channels }) => channels)) {
    const name = `${channel.chainId}:${channel.contract}:${channel.channelId}`
    const known = newest.get(name)
    if (known === undefined || better(channel, known)) newest.set(name, channel)
  }
  return [...newest.values()]
}

function better(one: VoucherExport.ExportedChannel, other: VoucherExport.ExportedChannel): boolean {
  if (one.spent !== other.spent) return one.spent > other.spent
  return one.voucher !== undefined && other.voucher === undefined
}

function lines({ channels, payouts, tokens, complete }: ClaimReport, dryRun: boolean): string[] {
  const moved = channels.filter(({ before, after }) => after > before)
  const perToken = [...tokens.values()].map((token) => {
    const own = moved.filter((channel) => channel.token === token.address)
    const sum = own.reduce((total, { before, after }) => total + after - before, 0n)
    return `${dryRun ? 'Would record' : 'Recorded'} ${money(sum, token)} on ${count(own.length, 'channel')}.`
  })
  const paid = payouts.map(({ amount, token, receiver }) => {
    return `${dryRun ? 'Would pay' : 'Paid'} ${money(amount, tokens.get(token)!)} to ${receiver}.`
  })
  const left = channels
    .filter(({ why }) => why !== undefined)
    .map(
      ({ channelId, due, after, token, why }) =>
        `Left ${money(due - after, tokens.get(token)!)} on ${channelId}: ${why}.`,
    )
  const nothing = moved.length === 0 && payouts.length === 0 && complete
  return nothing ? ['Nothing to do: everything in the file is claimed and paid.'] : [...perToken, ...paid, ...left]
}
