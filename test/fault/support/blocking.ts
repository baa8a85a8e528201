import { Chain } from '@pbstream/local/Chain'
import { type Address, type Hex, concat } from 'viem'
import type { World } from './World.ts'

/** Where the token's own code goes while it blocks somebody. */
const inner: Address = '0x00000000000000000000000000000000000b10c6'

/**
 * Has the token refuse every transfer to `receiver`, as one does that has put it on its list, until the function that this
 * returns is called. Everything else goes on to the token's own code.
 */
export async function block({ stack }: World, receiver: Address): Promise<() => Promise<void>> {
  const { client } = stack.chain
  const address = Chain.addresses.usdc
  const bytecode = (await client.getCode({ address }))!
  await client.setCode({ address: inner, bytecode })
  await client.setCode({ address, bytecode: refusing(receiver) })
  return () => client.setCode({ address, bytecode })
}

/** Has the token refuse everybody everything, as one does whose issuer has paused it, until what this returns is called. */
export async function pause({ stack }: World): Promise<() => Promise<void>> {
  const { client } = stack.chain
  const address = Chain.addresses.usdc
  const bytecode = (await client.getCode({ address }))!
  await client.setCode({ address, bytecode: '0x5f5ffd' })
  return () => client.setCode({ address, bytecode })
}

/** Reverts on `transfer(receiver, …)`, delegates the rest. */
function refusing(receiver: Address): Hex {
  return concat([
    '0x5f3560e01c63a9059cbb14', // the selector is that of transfer(address,uint256)
    concat(['0x60043573', receiver, '0x14']), // and its first argument is the receiver
    '0x16605557', // both: to the revert at 0x55
    concat(['0x365f5f375f5f365f73', inner, '0x5af4']), // delegatecall with the same calldata
    '0x3d5f5f3e605157', // its answer; success: to 0x51
    '0x3d5ffd',
    '0x5b3d5ff3', // 0x51
    '0x5b5f5ffd', // 0x55
  ])
}
