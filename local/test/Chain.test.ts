import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import { testUsdcAbi } from '@pbstream/core/abi/TestUSDC'
import {
  computeChannelId,
  createBatchSettlementEIP3009DepositPayload,
  signVoucher,
} from '@x402/evm/batch-settlement/client'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/facilitator'
import { toFacilitatorEvmSigner } from '@x402/evm'
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types'
import { type Address, type Hex, encodeAbiParameters, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Chain } from '../src/Chain.ts'

const network = 'eip155:84532'
const settlement = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const
const usdc = { address: Chain.addresses.usdc, abi: testUsdcAbi } as const
const account = () => privateKeyToAccount(generatePrivateKey())

/** One channel's parties and the requirements its server would send. */
function parties() {
  const [payer, sessionKey, authorizer, relayer] = [account(), account(), account(), account()]
  const receiver = account().address
  const config = {
    payer: payer.address,
    payerAuthorizer: sessionKey.address,
    receiver,
    receiverAuthorizer: authorizer.address,
    token: Chain.addresses.usdc as Address,
    withdrawDelay: 900,
    salt: zeroHash as Hex,
  }
  const requirements: PaymentRequirements = {
    scheme: 'batch-settlement',
    network,
    amount: '1000',
    asset: config.token,
    payTo: receiver,
    maxTimeoutSeconds: 300,
    extra: { receiverAuthorizer: authorizer.address, withdrawDelay: 900, name: 'USDC', version: '2' },
  }
  return { payer, sessionKey, authorizer, relayer, receiver, config, requirements }
}

describe('Chain', () => {
  let chain: Chain
  beforeAll(async () => {
    chain = await Chain.start()
  })
  afterAll(() => chain.stop())

  const balanceOf = (address: Address) =>
    chain.client.readContract({ ...usdc, functionName: 'balanceOf', args: [address] })
  const mined = async (hash: Promise<Hex>) => {
    const receipt = await chain.client.waitForTransactionReceipt({ hash: await hash })
    expect(receipt.status).toBe('success')
  }

  it('has the chain id and token that official clients know', async () => {
    expect(await chain.client.getChainId()).toBe(84532)
    expect(await chain.client.readContract({ ...usdc, functionName: 'version' })).toBe('2')
  })

  it('carries a channel of the official client from deposit to claim, settle and refund', async () => {
    const { payer, sessionKey, authorizer, relayer, receiver, config, requirements } = parties()
    await chain.fund([payer.address, relayer.address])
    const send = { ...settlement, account: relayer } as const

    const channelId = await chain.client.readContract({ ...settlement, functionName: 'getChannelId', args: [config] })
    expect(computeChannelId(config, network)).toBe(channelId)

    const { payload } = await createBatchSettlementEIP3009DepositPayload(
      payer,
      2,
      requirements,
      config,
      '100000',
      '1000',
      sessionKey,
    )
    const deposit = payload as unknown as {
      deposit: {
        authorization: { erc3009Authorization: { validAfter: string; validBefore: string; salt: Hex; signature: Hex } }
      }
    }
    const { validAfter, validBefore, salt, signature } = deposit.deposit.authorization.erc3009Authorization
    const collectorData = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [BigInt(validAfter), BigInt(validBefore), BigInt(salt), signature],
    )
    await mined(
      chain.client.writeContract({
        ...send,
        functionName: 'deposit',
        args: [config, 100_000n, Chain.addresses.erc3009Collector, collectorData],
      }),
    )
    const channels = () => chain.client.readContract({ ...settlement, functionName: 'channels', args: [channelId] })
    expect(await channels()).toEqual([100_000n, 0n])

    const voucher = await signVoucher(sessionKey, channelId, '3000', network)
    const claims = [
      { voucher: { channel: config, maxClaimableAmount: 3000n }, signature: voucher.signature, totalClaimed: 2500n },
    ]
    const batch = await authorizer.sign({
      hash: await chain.client.readContract({ ...settlement, functionName: 'getClaimBatchDigest', args: [claims] }),
    })
    await mined(chain.client.writeContract({ ...send, functionName: 'claimWithSignature', args: [claims, batch] }))
    await mined(chain.client.writeContract({ ...send, functionName: 'settle', args: [receiver, config.token] }))
    expect(await channels()).toEqual([100_000n, 2500n])
    expect(await balanceOf(receiver)).toBe(2500n)

    const before = await balanceOf(payer.address)
    const refundSignature = await authorizer.sign({
      hash: await chain.client.readContract({
        ...settlement,
        functionName: 'getRefundDigest',
        args: [channelId, 0n, 97_500n],
      }),
    })
    await mined(
      chain.client.writeContract({
        ...send,
        functionName: 'refundWithSignature',
        args: [config, 97_500n, 0n, refundSignature],
      }),
    )
    expect(await channels()).toEqual([2500n, 2500n])
    expect((await balanceOf(payer.address)) - before).toBe(97_500n)
  })

  it('serves the official facilitator: deposit, claim, settle, claim and refund in one', async () => {
    const { payer, sessionKey, authorizer, relayer, receiver, config, requirements } = parties()
    await chain.fund([payer.address, relayer.address])
    const wallet = chain.client
    const signer = toFacilitatorEvmSigner({
      address: relayer.address,
      getCode: (args) => wallet.getCode(args),
      readContract: (args) =>
        wallet.readContract({ ...args, args: args.args ?? [] } as Parameters<typeof wallet.readContract>[0]),
      verifyTypedData: (args) => wallet.verifyTypedData(args as Parameters<typeof wallet.verifyTypedData>[0]),
      writeContract: ({ address, abi, functionName, args }) =>
        wallet.writeContract({ account: relayer, address, abi, functionName, args } as Parameters<
          typeof wallet.writeContract
        >[0]),
      sendTransaction: ({ to, data }) => wallet.sendTransaction({ account: relayer, to, data }),
      waitForTransactionReceipt: ({ hash }) => wallet.waitForTransactionReceipt({ hash }),
    })
    const facilitator = new BatchSettlementEvmScheme(signer, authorizer)
    const settle = async (payload: Record<string, unknown>) => {
      const result = await facilitator.settle(
        { x402Version: 2, accepted: requirements, payload } as PaymentPayload,
        requirements,
      )
      expect(result, JSON.stringify(result)).toMatchObject({ success: true })
      return result
    }

    const { payload } = await createBatchSettlementEIP3009DepositPayload(
      payer,
      2,
      requirements,
      config,
      '10000',
      '1000',
      sessionKey,
    )
    expect((await settle(payload)).extra).toMatchObject({ channelState: { balance: '10000', totalClaimed: '0' } })

    const channelId = computeChannelId(config, network)
    const claim = async (total: string) => {
      const { signature } = await signVoucher(sessionKey, channelId, total, network)
      return { voucher: { channel: config, maxClaimableAmount: total }, signature, totalClaimed: total }
    }
    await settle({ type: 'claim', claims: [await claim('700')] })
    expect((await settle({ type: 'settle', receiver, token: config.token })).amount).toBe('700')

    const last = await claim('900')
    const refund = await settle({
      type: 'refund',
      channelConfig: config,
      voucher: { channelId, maxClaimableAmount: '900', signature: last.signature },
      amount: '10000',
      refundNonce: '0',
      claims: [last],
    })
    expect(refund.amount).toBe('9100')
    expect(await chain.client.readContract({ ...settlement, functionName: 'channels', args: [channelId] })).toEqual([
      900n,
      900n,
    ])
  })
})

describe('Chain state', () => {
  it('continues after a stop and after the starting process was killed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'chain-'))
    const statePath = join(directory, 'state.json')
    const saved = account().address
    try {
      const first = await Chain.start({ statePath, accounts: [saved], funds: { usdc: 5n } })
      await first.stop()

      // Another process continues the chain, changes it, waits for a save and is killed.
      const source = `
        import { Chain } from ${JSON.stringify(new URL('../src/Chain.ts', import.meta.url).href)}
        const chain = await Chain.start({ statePath: ${JSON.stringify(statePath)} })
        await chain.fund(['${saved}'], { usdc: 7n })
        setTimeout(() => console.log(chain.rpcUrl), 1500)`
      const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [output] = (await once(child.stdout, 'data')) as [Buffer]
      const rpcUrl = output.toString().trim()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      // The killed process took its anvil along.
      await expect
        .poll(() =>
          fetch(rpcUrl).then(
            () => 'up',
            () => 'down',
          ),
        )
        .toBe('down')

      const third = await Chain.start({ statePath, accounts: [saved], funds: { usdc: 6n }, blockTime: 1 })
      const args = { ...usdc, functionName: 'balanceOf', args: [saved] } as const
      expect(await third.client.readContract(args)).toBe(7n)
      await third.stop()
      await third.stop()
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('says why it does not start', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'chain-'))
    await expect(Chain.start({ statePath: directory })).rejects.toThrow(/anvil ended with code/)
    await rm(directory, { recursive: true })
  })
})
