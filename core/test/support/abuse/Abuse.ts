/**
 * A seeded world of keys: honest ones of every kind, and for each kind of abuse keys of every kind that suffer it. It
 * was written before the detector was tuned, and knows nothing of it.
 */
import { attacked, attackKinds, type Attack } from './Attacks.ts'
import { honest, honestKinds, type HonestKind } from './Honest.ts'
import { lived } from './Life.ts'
import type { Payment } from './Payment.ts'
import { random } from './Random.ts'

export type Key = {
  readonly id: string
  readonly kind: HonestKind
  readonly payments: readonly Payment[]
  readonly attack?: Attack
  /** Whether a payment is part of the abuse; never for an honest key. */
  readonly stolen: (payment: Payment) => boolean
}

export type Size = {
  /** Honest keys of each kind. */ readonly honest: number
  /** Keys of each kind for each attack. */ readonly attacked: number
}

/** One after the other, so that not all traffic is in memory at once. `only`: keys of these kinds, the same as they are among all. */
export function* world(seed: number, size: Size, only: readonly HonestKind[] = honestKinds): Generator<Key> {
  for (const [k, kind] of honestKinds.entries()) {
    if (!only.includes(kind)) continue
    for (let i = 0; i < size.honest; i++) {
      const r = random(seed, 0, k, i)
      yield { id: `${kind}-${i}`, kind, payments: lived(honest(kind, r), r).payments, stolen: () => false }
    }
    for (const [a, attack] of attackKinds.entries()) {
      for (let i = 0; i < size.attacked; i++) {
        const r = random(seed, 1 + a, k, i)
        yield { id: `${attack}-${kind}-${i}`, kind, ...attacked(attack, lived(honest(kind, r), r), r) }
      }
    }
  }
}
