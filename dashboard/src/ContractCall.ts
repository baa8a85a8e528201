/** Encoding for contracts, in a file of its own: it is loaded where somebody first reads or writes one. */
import type { Abi } from 'viem'
import { decodeFunctionResult, encodeFunctionData } from 'viem/utils'

type Call = { abi: readonly unknown[]; functionName: string; args?: readonly unknown[] }

export function encodeCall({ abi, functionName, args }: Call): `0x${string}` {
  return encodeFunctionData({ abi: abi as Abi, functionName, args: args ?? [] })
}

export function decodeAnswer({ abi, functionName, args }: Call, data: `0x${string}`): unknown {
  return decodeFunctionResult({ abi: abi as Abi, functionName, args: args ?? [], data })
}
