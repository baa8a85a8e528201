// Checks a deployment against this source tree, over any RPC endpoint and without trusting whoever deployed it.
import { parseArgs } from 'node:util'
import { createPublicClient, getAddress, http, isAddress, keccak256, parseAbi } from 'viem'
import { readBuild, readDeployment } from '../deployments/Build.ts'

const usage = `Usage: npm run verify -w @pbstream/contracts -- --rpc URL [--address 0x…] [--json]

Checks that StreamChannelEscrow on the chain behind URL is what this source tree builds: code byte by byte, no
constructor arguments, address by CREATE2, EIP-712 domain, and the record in deployments/<chainId>.json if there is one.

  --rpc URL        JSON-RPC endpoint; may hold a key, is not printed
  --address 0x…    look there instead of at the address that the build gives
  --json           print the result as JSON
  --help           this text

Ends with 0 if all holds, 1 if something differs, 2 if it could not be checked.`

const abi = parseAbi([
  'function eip712Domain() view returns (bytes1, string, string, uint256, address, bytes32, uint256[])',
])

type Check = { check: string; ok: boolean; detail: string }

const { values } = parse()
if (values.help === true) {
  console.log(usage)
} else if (values.rpc === undefined || (values.address !== undefined && !isAddress(values.address))) {
  fail(values.rpc === undefined ? 'Say which chain: --rpc URL' : `${values.address} is not an address`)
} else {
  try {
    report(await verify(values.rpc, values.address === undefined ? undefined : getAddress(values.address)))
  } catch (error) {
    // viem's messages name the endpoint; its short form does not.
    fail((error as { shortMessage?: string }).shortMessage ?? (error as Error).message)
  }
}

async function verify(rpc: string, at: `0x${string}` | undefined): Promise<{ chainId: number; checks: Check[] }> {
  const build = await readBuild()
  const client = createPublicClient({ transport: http(rpc, { retryCount: 1 }) })
  const chainId = await client.getChainId()
  const address = at ?? build.address
  const code = (await client.getCode({ address })) ?? '0x'
  const checks: Check[] = []
  const check = (name: string, ok: boolean, detail: string) => checks.push({ check: name, ok, detail })

  check('address', address === build.address, `${address}, CREATE2 of this build gives ${build.address}`)
  check('constructor', build.constructorArguments === 0, `${build.constructorArguments} arguments`)
  check('code', code === build.runtimeCode, difference(code, build.runtimeCode))
  if (code !== '0x') {
    const domain = await client.readContract({ address, abi, functionName: 'eip712Domain' }).catch(() => undefined)
    const said = domain === undefined ? 'no answer' : `${domain[1]} ${domain[2]}, chain ${domain[3]}, ${domain[4]}`
    const right = domain !== undefined && domain[1] === 'PB-Stream Escrow' && domain[2] === '1'
    check('domain', right && domain[3] === BigInt(chainId) && domain[4] === address, said)
  }
  const recorded = await readDeployment(chainId)
  if (recorded !== undefined) {
    const same = recorded.address === address && recorded.runtimeCodeHash === keccak256(code)
    check(
      'record',
      same,
      `deployments/${chainId}.json says ${recorded.address}, commit ${recorded.commit.slice(0, 12)}`,
    )
  }
  return { chainId, checks }
}

function difference(actual: string, expected: string): string {
  if (actual === expected) return `${(expected.length - 2) / 2} bytes, equal`
  if (actual === '0x') return 'there is no code'
  const bytes = (text: string) => (text.length - 2) / 2
  let at = 2
  while (actual[at] === expected[at]) at++
  return `${bytes(actual)} bytes, expected ${bytes(expected)}; first difference at byte ${Math.floor((at - 2) / 2)}`
}

function report({ chainId, checks }: { chainId: number; checks: Check[] }): void {
  const ok = checks.every((check) => check.ok)
  if (values.json === true) {
    console.log(JSON.stringify({ chainId, ok, checks }, undefined, 2))
  } else {
    for (const { check, ok: held, detail } of checks)
      console.log(`${held ? 'ok      ' : 'DIFFERS '} ${check}: ${detail}`)
    console.log(ok ? `StreamChannelEscrow on chain ${chainId} is this build.` : `It is not this build.`)
  }
  if (!ok) process.exitCode = 1
}

function fail(message: string): void {
  console.error(message)
  console.error('Run with --help for usage.')
  process.exitCode = 2
}

function parse() {
  try {
    return parseArgs({
      options: {
        rpc: { type: 'string' },
        address: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    fail((error as Error).message)
    process.exit()
  }
}
