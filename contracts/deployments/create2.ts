/**
 * What makes the escrow's address the same on every chain: CreateX, which is on all of them, and this salt. With the
 * creation code they are all that the address depends on; whoever deploys does not matter.
 */
export const create2 = {
  /** CreateX (pcaversaccio/createx), the factory that Hardhat Ignition's `create2` strategy uses. */
  factory: '0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed',
  /** keccak256("PB-Stream StreamChannelEscrow 1"). */
  salt: '0x4108ad69c278c14cb8dfe110393e4bf7ac2420472eafcd78e8598fb714cec8d8',
} as const
