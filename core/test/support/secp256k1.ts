/** The compiled libsecp256k1 module. A Worker imports it statically; Node compiles it. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** workerd's types, when a program holds them too, call this class abstract, because workerd cannot compile. */
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module

export function load(): WebAssembly.Module {
  const url = import.meta.resolve('@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.wasm')
  return new Module(readFileSync(fileURLToPath(url)))
}
