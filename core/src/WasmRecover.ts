/**
 * Signature recovery by libsecp256k1 in WebAssembly, the build that `@bitauth/libauth` ships.
 *
 * workerd compiles no WebAssembly at run time, so the caller imports the module statically and passes it:
 * `import module from '@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.wasm'`.
 */
import type { Address, Hex } from './Hex.ts'
import * as Signature from './Signature.ts'

/** The functions of the build that recovery needs. Pointers are byte offsets into its memory. */
type Exports = {
  _malloc(bytes: number): number
  _secp256k1_context_create(flags: number): number
  _secp256k1_ecdsa_recoverable_signature_parse_compact(
    context: number,
    out: number,
    compact: number,
    recovery: number,
  ): number
  _secp256k1_ecdsa_recover(context: number, outKey: number, signature: number, digest: number): number
  _secp256k1_ec_pubkey_serialize(context: number, out: number, outLength: number, key: number, flags: number): number
}

/** libsecp256k1's SECP256K1_CONTEXT_VERIFY and SECP256K1_EC_UNCOMPRESSED. */
const CONTEXT_VERIFY = 257
const UNCOMPRESSED = 2

/** The memory layout that this Emscripten build was linked for: 67,696 bytes of static data from 1024 on. */
const PAGE = 65536
const TOTAL_MEMORY = 16 * 1024 * 1024
const TOTAL_STACK = 5 * 1024 * 1024
const STATIC_BASE = 1024
const DYNAMIC_TOP_POINTER = STATIC_BASE + 67696 + 16
const STACK_TOP = align16(DYNAMIC_TOP_POINTER + 4)
const DYNAMIC_BASE = align16(STACK_TOP + TOTAL_STACK)
const TABLE_SIZE = 6

/**
 * Instantiates the module: about 16 MB of memory and some milliseconds, once per isolate. The function it returns is
 * synchronous, never throws and reuses its memory.
 *
 * @throws {WebAssembly.LinkError} when the module is another build.
 */
export function create(module: WebAssembly.Module): Signature.Recover {
  const memory = new WebAssembly.Memory({ initial: TOTAL_MEMORY / PAGE, maximum: TOTAL_MEMORY / PAGE })
  const heap = new Uint8Array(memory.buffer)
  const words = new DataView(memory.buffer)
  words.setUint32(DYNAMIC_TOP_POINTER, DYNAMIC_BASE, true)
  const lib = new WebAssembly.Instance(module, imports(memory, heap)).exports as unknown as Exports

  const context = lib._secp256k1_context_create(CONTEXT_VERIFY)
  const compact = lib._malloc(64)
  const digest = lib._malloc(32)
  const signature = lib._malloc(65)
  const key = lib._malloc(64)
  const length = lib._malloc(4)
  const output = lib._malloc(65)

  return (hash: Uint8Array, text: Hex): Address | undefined => {
    const parts = Signature.parse(text)
    if (parts === undefined || hash.length !== 32) return undefined
    heap.set(parts.compact, compact)
    heap.set(hash, digest)
    const { recovery } = parts
    if (lib._secp256k1_ecdsa_recoverable_signature_parse_compact(context, signature, compact, recovery) !== 1) {
      return undefined
    }
    if (lib._secp256k1_ecdsa_recover(context, key, signature, digest) !== 1) return undefined
    words.setUint32(length, 65, true)
    lib._secp256k1_ec_pubkey_serialize(context, output, length, key, UNCOMPRESSED)
    return Signature.address(heap.subarray(output + 1, output + 65))
  }
}

function imports(memory: WebAssembly.Memory, heap: Uint8Array): WebAssembly.Imports {
  const fail = () => {
    throw new Error('libsecp256k1 aborted')
  }
  return {
    env: {
      memory,
      table: new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE, maximum: TABLE_SIZE }),
      tableBase: 0,
      DYNAMICTOP_PTR: DYNAMIC_TOP_POINTER,
      STACKTOP: STACK_TOP,
      abort: fail,
      _abort: fail,
      enlargeMemory: fail,
      abortOnCannotGrowMemory: fail,
      getTotalMemory: () => TOTAL_MEMORY,
      ___setErrNo: (value: number) => value,
      _emscripten_memcpy_big: (to: number, from: number, bytes: number) => {
        heap.copyWithin(to, from, from + bytes)
        return to
      },
    },
  }
}

function align16(size: number): number {
  return Math.ceil(size / 16) * 16
}
