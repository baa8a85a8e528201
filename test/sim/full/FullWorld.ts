/** The world with the real settlement handlers and the real lane, and an ear on everything that is logged or published. */
import { type Options, World } from '../fast/World.ts'
import { session, signatureOf } from '../support/fixtures.ts'
import { demand } from '../support/Violation.ts'
import { RealLane } from './RealLane.ts'
import { RealSettlement } from './RealSettlement.ts'

const signatureHead = signatureOf(0, 0n).slice(0, 66)
const otherHead = signatureOf(1, 0n).slice(0, 66)

/** I12: whatever leaves for operators and dashboards names no voucher and no payer. */
function quiet(line: string): void {
  demand(!line.includes(signatureHead) && !line.includes(otherHead), 'I12', 'a voucher was logged')
  demand(!line.includes(session.payer.slice(2)), 'I12', 'a payer was logged')
}

/** @throws {Violation} or whatever the product throws. */
export function run(seed: number, options: Options = {}): Promise<World> {
  return World.runSlowly(seed, options, (world) => {
    const told = (line: string): void => {
      try {
        quiet(line)
      } catch (error) {
        world.settlement.broken(error as Error)
      }
    }
    const lane = new RealLane(world, told)
    return { lane, settlement: new RealSettlement(world, lane, told) }
  })
}
