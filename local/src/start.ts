/** `npm start`: the whole system on this machine, with a caller that pays. */
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleAll, root } from './Bundle.ts'
import { Chain } from './Chain.ts'
import { demo } from './Demo.ts'
import { DemoUpstream } from './DemoUpstream.ts'
import type { RateRule } from '@pbstream/db/Catalog'
import { addressOf, loadKeys } from './Keys.ts'
import { Progress } from './Progress.ts'
import { seed } from './Seed.ts'
import { System, fundedAccounts } from './System.ts'
import { WalletSite } from './WalletSite.ts'

/** What the demo's model costs: 0.02 USDC for 1,000 tokens in, 0.06 for 1,000 tokens out, 0.02 for one call at most. */
const byTokens: RateRule = {
  v: 2,
  kind: 'card',
  components: [
    { unit: 'input_token', price: { model: 'per_unit', amount: '20000', per: '1000' } },
    { unit: 'output_token', price: { model: 'per_unit', amount: '60000', per: '1000' } },
  ],
  maximum: '20000',
}

const help = `PB-Stream on one machine: local chain, gateway, settlement, dashboard, a demo upstream and a caller that pays.

Usage: npm start -- [options]

  --directory DIR   where chain, objects and databases are kept (default .pbstream)
  --fresh           forget what is there and start anew
  --no-demo         start everything, but let nobody pay
  --once            end after the demo
  --json            one JSON object per line instead of text
  -h, --help        this text

Ctrl-C ends everything; the next start goes on from disk.
Ports: 8402 gateway, 8403 facilitator, 8404 dashboard and overview, 8405 wallet, 8406 upstream, 8545 chain; a free one where taken.`

const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: join(root, '.pbstream') },
    fresh: { type: 'boolean', default: false },
    'no-demo': { type: 'boolean', default: false },
    once: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  console.log(help)
} else {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}

async function main(): Promise<void> {
  const progress = new Progress(values.json)
  const { directory } = values
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer().catch(() => {})
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const takeSignals = () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal).once(signal, () => end())
  }
  takeSignals()
  try {
    if (values.fresh) await rm(directory, { recursive: true, force: true })
    const keys = await loadKeys(directory)
    const { gas, payers } = fundedAccounts(keys)

    const chain = await progress.step('local chain', async () => {
      const statePath = join(directory, 'chain.json')
      return Chain.start({ blockTime: 1, statePath, accounts: [...gas, ...payers], port: await freePort(8545) })
    })
    closers.push(() => chain.stop())
    const { bundles, dispose } = await progress.step('bundle the Workers', bundleAll)
    closers.push(dispose)
    const upstream = await DemoUpstream.start(await freePort(8406))
    closers.push(() => upstream.stop())
    const system = await progress.step('gateway, settlement, dashboard', async () =>
      System.start({
        rpcUrl: chain.rpcUrl,
        bundles,
        keys,
        directory,
        confirmations: 2,
        cron: true,
        ports: { gateway: await freePort(8402), settlement: await freePort(8403), control: await freePort(8404) },
        onLog: (line, level) => {
          if (level === 'error' || level === 'warn') progress.log(line, level)
        },
      }),
    )
    closers.push(() => system.stop())
    // Miniflare would end the process at the first signal; the chain has to be saved first.
    takeSignals()
    await seed(system.database, {
      payTo: addressOf(keys.provider),
      upstreamUrl: upstream.url,
      routes: [
        { path: '/weather', methods: ['GET'], rate: { v: 1, kind: 'flat', amount: '1000' } },
        { path: '/v1/chat/completions', methods: ['POST'], adapter: 'openai', bodyPriced: true, rate: byTokens },
      ],
    })
    const wallet = await WalletSite.start(system.urls.gateway, keys.payer, await freePort(8405))
    closers.push(() => wallet.stop())

    const urls = {
      gateway: system.urls.gateway,
      'pay in the browser': `${wallet.url}/weather`,
      dashboard: new URL('/app/', system.urls.control).href,
      overview: system.urls.control,
      facilitator: system.urls.settlement,
      upstream: upstream.url,
      chain: chain.rpcUrl,
    }
    if (!values['no-demo']) await Promise.race([demo({ chain, system, keys, progress }), ended])
    progress.urls(urls)
    if (values.once) return
    progress.log('Running. Ctrl-C ends everything; the next start goes on from disk.', 'info')
    await ended
  } finally {
    await close()
  }
}

/** `preferred` when nobody listens there, else a port that the system picks. */
async function freePort(preferred: number): Promise<number> {
  const listen = (port: number) =>
    new Promise<number | undefined>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(undefined))
      server.listen(port, '127.0.0.1', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
      })
    })
  const port = (await listen(preferred)) ?? (await listen(0))
  if (port === undefined) throw new Error('No port is free at 127.0.0.1')
  return port
}
