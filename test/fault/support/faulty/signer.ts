/** A key service in front of a gas key: away, throttling, or with answers that must not go out. */
import { fromBytes, type Hex, toBytes } from '../../../../core/src/Hex.ts'
import * as NobleSigner from '../../../../core/src/NobleSigner.ts'
import { strikes } from './Faults.ts'

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const stranger = NobleSigner.create(`0x${'5a'.repeat(32)}`)

type Lane = { new (...args: never[]): object }
type Connected = { ports: { signer: NobleSigner.Signer } }
type Connect = (...args: never[]) => Connected

/** Puts the service between a lane and its signer: the class that `lane` extends is handed another connection. */
export function faultySigner(lane: Lane): void {
  const Base = Object.getPrototypeOf(lane) as new (ctx: unknown, env: unknown, connect: Connect) => object
  class Between extends Base {
    constructor(ctx: unknown, env: unknown, connect: Connect) {
      super(ctx, env, (...args) => {
        const connected = connect(...args)
        const { signer } = connected.ports
        return { ...connected, ports: { ...connected.ports, signer: { ...signer, sign: signing(signer) } } }
      })
    }
  }
  Object.setPrototypeOf(lane, Between)
}

/** The faults strike one after the other, as long as each is armed. */
function signing(signer: NobleSigner.Signer): NobleSigner.Signer['sign'] {
  return async (digest) => {
    if (strikes('sign:down') !== undefined) throw new Error('503 Service Unavailable')
    if (strikes('sign:throttled') !== undefined) throw new Error('429 ThrottlingException')
    if (strikes('sign:high_s') !== undefined) return malleated(await signer.sign(digest))
    if (strikes('sign:other_v') !== undefined) return flipped(await signer.sign(digest))
    if (strikes('sign:stranger') !== undefined) return stranger.sign(digest)
    if (strikes('sign:other_digest') !== undefined) return signer.sign(digest.map((byte) => byte ^ 1))
    return signer.sign(digest)
  }
}

/** The same signature with the other s and v: valid for the curve, refused by Ethereum. */
export function malleated(signature: Hex): Hex {
  const bytes = toBytes(signature)
  const s = N - BigInt(fromBytes(bytes.slice(32, 64)))
  const high = toBytes(`0x${s.toString(16).padStart(64, '0')}`)
  return fromBytes(new Uint8Array([...bytes.slice(0, 32), ...high, bytes[64] === 27 ? 28 : 27]))
}

/** The other recovery id: somebody else's address comes out. */
export function flipped(signature: Hex): Hex {
  return `${signature.slice(0, 130)}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
}
