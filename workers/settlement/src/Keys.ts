/** The chain keys, each behind a `sign(digest)` port: a key service fits in here without another change. */
import { type Hex, isBytes32 } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import type { Env } from './Env.ts'

export type Signer = NobleSigner.Signer

export type Keys = {
  /** Signs claims and refunds for receivers. Used for what comes over the service binding and the queue, only. */
  receiverAuthorizer: Signer
  /** Pays gas: can delay, never divert. */
  gas: Signer
  /** Pays gas for facilitator callers. */
  facilitatorGas: Signer
  /** Pays gas for changes of session keys that owners ask for. Without it none is relayed. */
  relayGas?: Signer
  /** Freezes session keys that name it, and nothing else; holds no money. */
  freezer?: Signer
}

type Secrets = Pick<
  Env,
  'RECEIVER_AUTHORIZER_KEY' | 'GAS_KEY' | 'FACILITATOR_GAS_KEY' | 'RELAY_GAS_KEY' | 'FREEZER_KEY'
>

/** @throws Error that names the secret which is missing or no key; never its value. */
export function load(env: Secrets): Keys {
  const keys = {
    receiverAuthorizer: local('RECEIVER_AUTHORIZER_KEY', env.RECEIVER_AUTHORIZER_KEY),
    gas: local('GAS_KEY', env.GAS_KEY),
    facilitatorGas: local('FACILITATOR_GAS_KEY', env.FACILITATOR_GAS_KEY),
    ...(env.RELAY_GAS_KEY === undefined ? {} : { relayGas: local('RELAY_GAS_KEY', env.RELAY_GAS_KEY) }),
    ...(env.FREEZER_KEY === undefined ? {} : { freezer: local('FREEZER_KEY', env.FREEZER_KEY) }),
  }
  const addresses = Object.values(keys).map(({ address }) => address)
  // One key, one power: a facilitator caller must never get at our nonces, nor gas at our signature.
  if (new Set(addresses).size !== addresses.length) throw new Error('the chain keys must be different ones')
  return keys
}

/** Those that have a lane on every chain. */
export function gasSigners({ gas, facilitatorGas, relayGas }: Keys): Signer[] {
  return [gas, facilitatorGas, ...(relayGas === undefined ? [] : [relayGas])]
}

function local(name: string, key: string | undefined): Signer {
  const text = key?.startsWith('0x') === false ? `0x${key}` : key
  if (!isBytes32(text)) throw new Error(`${name} is not a private key`)
  return NobleSigner.create(text as Hex)
}
