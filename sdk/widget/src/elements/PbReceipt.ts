/** `<pb-receipt>`: one receipt, and whether the gateway signed it. */
import { chainId as chainIdOf } from '@pbstream/core/Network'
import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit'
import { chainName } from '../format/Address.ts'
import { money, type Token } from '../format/Money.ts'
import { dateTime } from '../format/Time.ts'
import { type Claims, type KeySet, read, type Verdict } from '../receipt/Receipt.ts'
import { PbElement } from './PbElement.ts'

/** Details of the event `verified`, sent when the check is over. */
export type VerifiedDetail = { verdict: Verdict; id: string }

export class PbReceipt extends PbElement {
  static override properties: PropertyDeclarations = {
    jws: {},
    gateway: {},
    keys: { attribute: false },
    token: { attribute: false },
    verdict: { state: true },
  }

  /** The receipt as the gateway sent it. */
  declare jws: string | undefined
  /** Address of the gateway: its published keys are asked for. */
  declare gateway: string | undefined
  /** Its key set, where the page has it: then nothing is asked for. */
  declare keys: KeySet | undefined
  /** Name and decimals of the token; atomic units are shown without. */
  declare token: Token | undefined
  declare private verdict: Verdict | undefined
  #round = 0

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    if (['jws', 'gateway', 'keys'].some((name) => changed.has(name))) void this.#verify()
  }

  protected override render(): TemplateResult {
    const claims = read(this.jws ?? '')
    if (claims === undefined) return html`<p class="notice bad">${this.say('notAReceipt')}</p>`
    return html`<section class="stack" part="receipt" aria-label=${this.say('receipt')}>
      ${this.#sign()} ${this.#facts(claims)}
      <div class="row">
        <button type="button" part="button copy" @click=${() => void this.#copy()}>${this.say('copy')}</button>
      </div>
      ${this.speaker()}
    </section>`
  }

  #sign(): TemplateResult {
    const gateway = this.gateway !== undefined && URL.canParse(this.gateway) ? new URL(this.gateway).host : 'PB-Stream'
    if (this.verdict === undefined) return html`<p class="notice" role="status">${this.say('checking')}</p>`
    const tone = { verified: 'good', unchecked: 'warn', refused: 'bad' }[this.verdict]
    return html`<div class="notice ${tone}" part="verdict verdict-${this.verdict}" role="status">
      <p>${this.say(this.verdict, { gateway })}</p>
      ${this.verdict === 'unchecked' ? html`<p class="muted">${this.say('uncheckedNote')}</p>` : nothing}
    </div>`
  }

  #facts(claims: Claims): TemplateResult {
    const chain = chainIdOf(claims.network)
    const rows: [string, string | undefined, boolean?][] = [
      [this.say('price'), this.#amount(claims, claims.price)],
      [this.say('route'), claims.route, true],
      [this.say('at'), dateTime(claims.iat, this.locale)],
      [this.say('payer'), claims.payer, true],
      [this.say('network'), chain === undefined ? claims.network : chainName(chain)],
      [this.say('rate'), this.say('version', { n: claims.rate })],
      [this.say('soFar'), claims.cumulative === undefined ? undefined : this.#amount(claims, claims.cumulative)],
      [this.say('transaction'), claims.tx, true],
      [this.say('request'), claims.digest, true],
      [this.say('id'), claims.jti, true],
    ]
    return html`<dl class="facts" part="facts">
      ${rows.map(([name, value, code]) =>
        value === undefined
          ? nothing
          : html`<dt>${name}</dt>
              <dd>${code === true ? html`<code>${value}</code>` : value}</dd>`,
      )}
    </dl>`
  }

  #amount({ asset }: Claims, atomic: string): string {
    const known = this.token?.address.toLowerCase() === asset.toLowerCase()
    const token = known && this.token ? this.token : { address: '0x' as const, symbol: `× 10⁻ⁿ ${asset}`, decimals: 0 }
    return money(BigInt(atomic), token, this.locale)
  }

  async #verify(): Promise<void> {
    const round = ++this.#round
    this.verdict = undefined
    const { jws = '', gateway, keys } = this
    const claims = read(jws)
    if (claims === undefined) return
    let verdict: Verdict = 'unchecked'
    try {
      const { keysOf, verify } = await import('../receipt/Verify.ts')
      const set = keys ?? (gateway === undefined ? undefined : await keysOf(gateway))
      if (set !== undefined) verdict = await verify(jws, set)
    } catch {
      // A browser without Ed25519, a key set that is none, no network: nothing was checked.
    }
    if (round !== this.#round) return
    this.verdict = verdict
    this.emit<VerifiedDetail>('verified', { verdict, id: claims.jti })
  }

  async #copy(): Promise<void> {
    await navigator.clipboard.writeText(this.jws ?? '')
    this.speak(this.say('copied'))
  }
}
