/** Fetches all pages of a receiver's vouchers from the control Worker. */
import type { Address, Hex } from '@pbstream/core/Hex'
import * as VoucherExport from '@pbstream/core/VoucherExport'
import { Failure } from './Failure.ts'

/** `origin`: where the control Worker answers, such as `https://control.example`. */
export type ExportOptions = {
  origin: string
  receiver: Address
  proof: { issuedAt: string; signature: Hex }
  note(line: string): void
}

/** @throws {Failure} when a page is refused or is none: an export is whole or it is not. */
export async function fetchExport({
  origin,
  receiver,
  proof,
  note,
}: ExportOptions): Promise<VoucherExport.VoucherExport> {
  const authorization = VoucherExport.authorization(proof.issuedAt, proof.signature)
  let whole: VoucherExport.VoucherExport | undefined
  let after: Hex | undefined
  do {
    const url = new URL('/v1/vouchers/export', origin)
    url.searchParams.set('receiver', receiver)
    if (after !== undefined) url.searchParams.set('after', after)
    const page = await fetchPage(url, authorization)
    const channels = [...(whole?.channels ?? []), ...page.channels]
    // The earliest time of the pages: what was charged since then may be missing.
    whole = { v: 1, exportedAt: whole?.exportedAt ?? page.exportedAt, receiver: page.receiver, channels }
    after = page.next
    note(`${channels.length} channels`)
  } while (after !== undefined)
  return whole
}

async function fetchPage(url: URL, authorization: string): Promise<VoucherExport.VoucherExport> {
  let response: Response
  try {
    response = await fetch(url, { headers: { authorization }, redirect: 'error' })
  } catch {
    throw new Failure(`${url.origin} does not answer.`)
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) {
    try {
      return VoucherExport.parse(body)
    } catch {
      throw new Failure(
        `${url.origin} answered with something that is no export of vouchers. Is it the control Worker?`,
      )
    }
  }
  const { title, hint } = Object(body) as { title?: unknown; hint?: unknown }
  const why = typeof title === 'string' && typeof hint === 'string' ? `${title}. ${hint}` : 'Is it the control Worker?'
  throw new Failure(`${url.origin} answered ${response.status}: ${why}`)
}
