import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'

/** The one contract that is deployed. It takes no arguments and has no owner: there is nothing to set up after it. */
export default buildModule('StreamChannelEscrow', (m) => ({ escrow: m.contract('StreamChannelEscrow') }))
