/** Where a server stands: behind the gateway, or alone and asking it. The rest of the SDK knows only this. */
import type { Hex } from '@pbstream/core/Hex'
import type { Terms } from './Price.ts'

/** What is to be known of a request, whatever the framework. */
export type Facts = {
  method: string
  /** As it came in, whole: scheme, host, path, search. */
  url: string
  /** A header in any spelling; several lines of one name joined by ', '. */
  header(name: string): string | null
  /** Its content. Nothing is read before this is asked for. */
  content(): Promise<Content>
}

export type Content =
  /** Hashed here, all of it. */
  | { kind: 'bytes'; digest: Hex; length: number }
  /** More than `READ_LIMIT`: not read. */
  | { kind: 'large' }
  /** The framework has consumed it and kept no bytes. */
  | { kind: 'gone' }
  /** It broke off. */
  | { kind: 'broken' }

/** Larger bodies are not read for their digest; the gateway draws the same line. */
export const READ_LIMIT = 1024 * 1024

/** How far a payment is bound to the request's content. */
export type Binding =
  /** The bytes were hashed here, and are those that were paid for. */
  | 'verified'
  /** They were not read here; the payment is for the content that `Content-Digest` names. */
  | 'named'
  /** Over 1 MiB, and nobody named their digest: the payment is for this method and URL with whatever content. */
  | 'unbound'

/** What is sold: what callers and receipts know it by. */
export type Resource = {
  /** Behind the gateway: the route's name in the token's audience. Stand-alone: the label of what is sold. */
  route?: string
}

export type Header = readonly [name: string, value: string]

/** An answer that is given in the handler's stead. */
export type Refusal = { kind: 'refused'; status: number; headers: Header[]; body: string }

/** A call that is paid for, as far as it can be before the handler has run. */
export type Grant = {
  kind: 'granted'
  payer: Hex
  session: string
  /** The reservation or authorisation that pays. */
  id: string
  /** The most that will be charged, in atomic units. */
  ceiling: bigint
  content: Binding
  /** Headers for the answer from its first byte on. */
  headers: Header[]
  hold: Hold
}

/** The money that was set aside for one call. */
export type Hold =
  /** The gateway charges, by what the answer says in its headers. */
  | { kind: 'reported'; report(units: bigint): Header[] }
  /** This server says what is charged. */
  | {
      kind: 'captured'
      /** Final. Rejects when it could not be recorded: then nothing is charged. */
      capture(amount: bigint): Promise<{ receipt?: string; headers: Header[] }>
      /** Nothing is charged. Never rejects. `isKnown`: the handler is known to have served nothing. */
      void(isKnown: boolean): Promise<void>
      /** So much is used by now; keeps the reservation from expiring. False: it has ended, and the answer must. */
      mark(amount: bigint): Promise<boolean>
    }

/** Decides on calls. `admit` never rejects: what goes wrong is a refusal. */
export type Deployment = {
  admit(facts: Facts, terms: Terms, resource: Resource): Promise<Grant | Refusal>
}
