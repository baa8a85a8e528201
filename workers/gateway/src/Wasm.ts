import module from '@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.wasm'
import type { Recover } from '@pbstream/core/Signature'
import * as WasmRecover from '@pbstream/core/WasmRecover'

let instance: Recover | undefined

/** Signature recovery by libsecp256k1, instantiated at the first payment of this isolate. */
export const recover: Recover = (digest, signature) => {
  instance ??= WasmRecover.create(module)
  return instance(digest, signature)
}
