import { toBytes, type Hex } from '@pbstream/core/Hex'
import type { VerifyBytes } from '@pbstream/core/Jws'
import type { Mac } from '@pbstream/core/session/Master'

/** HMAC-SHA256, as 32 bytes. */
export async function hmac(secret: Uint8Array<ArrayBuffer>, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new Uint8Array(bytes)))
}

export function mac(secret: Uint8Array<ArrayBuffer>): Mac {
  return {
    sign: (bytes) => hmac(secret, bytes),
    verify: async (bytes, signature) => Buffer.compare(await hmac(secret, bytes), signature) === 0,
  }
}

/** A MAC whose key is still being made. */
export function syncMac(made: Promise<Mac>): Mac {
  return {
    sign: async (bytes) => (await made).sign(bytes),
    verify: async (bytes, signature) => (await made).verify(bytes, signature),
  }
}

export function ed25519(publicKey: Hex): VerifyBytes {
  return async (bytes, signature) => {
    const key = await crypto.subtle.importKey('raw', toBytes(publicKey), { name: 'Ed25519' }, false, ['verify'])
    return crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(bytes))
  }
}
