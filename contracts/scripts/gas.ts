// Measures what the escrow costs in real transactions with cold slots, and writes `gas.json`: the figures that
// `README.md` shows. With GAS_CHECK=true it writes nothing, and fails when a figure differs from the committed one.
//
// Rows are in their steady state: something of the channel was claimed before, and the receiver has been paid before.
// Salts of plain channels are mostly zero bytes, ids of keys are not.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GasBench } from './GasBench.ts'

const SIZES = [1, 10, 100, 500]
/** EIP-7825: no transaction takes more. */
const TRANSACTION_CAP = 16_777_216
const file = join(import.meta.dirname, '../gas.json')
const check = process.env['GAS_CHECK'] === 'true'

const bench = await GasBench.start()
const plain = await settlement('plain', false)
const governed = await settlement('under a session key', true)
const figures = {
  settle_plain: plain.gas,
  settle_under_key: governed.gas,
  first_deposit_eip3009: plain.deposit,
  first_deposit_governed: governed.deposit,
  marginal_row_plain: plain.marginal,
  marginal_row_under_key: governed.marginal,
  rows_per_transaction_plain: plain.rows,
  rows_per_transaction_under_key: governed.rows,
  calldata_bytes_per_row: 160,
  ...(await bench.operations()),
}

const text = `${JSON.stringify(figures, undefined, 2)}\n`
if (!check) {
  await writeFile(file, text)
  console.log(`Wrote gas.json\n${text}`)
} else if ((await readFile(file, 'utf8').catch(() => '')) === text) {
  console.log('gas.json is up to date.')
} else {
  console.error(`gas.json is stale: run \`npm run gas -w @pbstream/contracts\`. Measured now:\n${text}`)
  process.exitCode = 1
}

/** Gas of a row in batches of each size, of a channel's first deposit, and how many rows a transaction takes. */
async function settlement(what: string, underKey: boolean) {
  const most = SIZES.at(-1)!
  const channels = []
  for (let i = 0; i < most; i++) {
    if (i % 100 === 0) console.log(`${what}: ${i} of ${most} channels`)
    channels.push(await bench.open(underKey))
  }
  await bench.settleBatch(channels)
  const totals = new Map<number, number>()
  for (const n of SIZES) totals.set(n, await bench.settleBatch(channels.slice(0, n)))
  const marginal = (totals.get(500)! - totals.get(100)!) / 400
  const fixed = totals.get(500)! - 500 * marginal
  return {
    gas: Object.fromEntries(SIZES.map((n) => [n, Math.round(totals.get(n)! / n)])),
    // The first of all also pays for the escrow's own balance in the token: the second is what each payer pays.
    deposit: channels[1]!.depositGas,
    marginal: Math.round(marginal),
    // Computed, less two rows for memory, whose price grows with its square.
    rows: Math.floor((TRANSACTION_CAP - fixed) / marginal) - 2,
  }
}
