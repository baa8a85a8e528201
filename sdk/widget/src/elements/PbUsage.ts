/** `<pb-usage>`: what a permission has spent and may still spend, and how it is stopped. */
import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit'
import { Failure, toFailure } from '../Failure.ts'
import { chainName, short } from '../format/Address.ts'
import { oneLine, quoted } from '../format/Line.ts'
import { money, type Token } from '../format/Money.ts'
import { dateTime, duration } from '../format/Time.ts'
import { change } from '../grant/Change.ts'
import { watchGrants } from '../grant/Memory.ts'
import { type Action, amountsOf, type Grant, type GrantReceipt } from '../grant/Service.ts'
import { styles } from '../style/Base.ts'
import { usage } from '../style/Usage.ts'
import { topUp } from '../view/Funding.ts'
import { limitsView } from '../view/Limits.ts'
import { failureNotice, walletList } from '../view/Parts.ts'
import { spendingView } from '../view/Spending.ts'
import type { Eip1193 } from '../wallet/Provider.ts'
import { PbElement } from './PbElement.ts'
import { Ticker } from './Ticker.ts'
import { UsageModel } from './UsageModel.ts'
import { WalletController } from './WalletController.ts'

/** Details of the events `frozen`, `unfrozen` and `revoked`. */
export type ChangedDetail = { id: string }

const EVENTS = { freeze: 'frozen', unfreeze: 'unfrozen', revoke: 'revoked' } as const
const SAID = { freeze: 'froze', unfreeze: 'unfroze', revoke: 'revoked' } as const
/** Seconds between two looks, if the page says nothing else. */
const EVERY_S = 15

export class PbUsage extends PbElement {
  static override styles = [...styles, usage]
  static override properties: PropertyDeclarations = {
    service: {},
    grant: {},
    token: { attribute: false },
    gateway: {},
    every: { type: Number },
    busy: { state: true },
    failure: { state: true },
    chosen: { state: true },
  }

  /** Address of the service; left out: of all services, what this site was granted last. */
  declare service: string | undefined
  /** The id of the grant; left out: the newest of this site and account. */
  declare grant: string | undefined
  /** The read token of `grant`, where this browser does not have it. No attribute: it would stand in the page. */
  declare token: string | undefined
  /** Address of the gateway whose key signs receipts. */
  declare gateway: string | undefined
  /** Seconds between two looks; 0: only when asked. */
  declare every: number | undefined
  declare private busy: Action | undefined
  declare private failure: Failure | undefined
  declare private chosen: string | undefined
  readonly #wallet = new WalletController(this, () => this.#load())
  readonly #model = new UsageModel(() => this.requestUpdate())
  #timer: ReturnType<typeof setInterval> | undefined
  #unwatch = () => {}

  constructor() {
    super()
    new Ticker(
      this,
      () => (this.#model.grant === undefined ? undefined : this.#next(this.#model.grant)),
      (left) => this.speak(this.say('timeLeft', { left: duration(left, this.locale) })),
    )
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#unwatch = watchGrants(() => this.#load())
    this.#watchTime()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unwatch()
    clearInterval(this.#timer)
  }

  /** Looks again now. */
  refresh(): Promise<void> {
    const { service = '', grant = this.chosen, token } = this
    return this.#model.load({ service, grant, token, account: this.#wallet.connected?.account })
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    if (['service', 'grant', 'token', 'chosen'].some((name) => changed.has(name))) this.#load()
    if (changed.has('every')) this.#watchTime()
  }

  protected override render(): TemplateResult {
    const { grant, token, failure } = this.#model
    return html`<section class="card stack" part="card" aria-labelledby="title">
        <h2 id="title"><bdi>${oneLine(grant?.name, 100) || this.say('usage')}</bdi></h2>
        ${this.#choice()} ${grant === undefined || token === undefined ? this.#nothing() : this.#shown(grant, token)}
        ${failureNotice(this.failure ?? failure, this.locale)}
      </section>
      ${this.#question(grant)}${this.speaker()}`
  }

  #nothing(): TemplateResult | typeof nothing {
    const { connected, wallets, busy, failure } = this.#wallet
    if (this.#model.loading) return html`<p role="status">${this.say('loading')}</p>`
    if (this.#model.failure !== undefined) return nothing
    if (connected !== undefined) return html`<p class="muted">${this.say('noGrant')}</p>`
    const { locale, provider } = this
    const choices = provider === undefined ? wallets : [{ id: '', name: this.say('connect'), icon: '', provider }]
    const choose = (from: Eip1193) => this.#wallet.connect(from)
    return html`${walletList(choices, { locale, busy, choose })}${failureNotice(failure, locale)}`
  }

  #choice(): TemplateResult | typeof nothing {
    const { remembered, grant } = this.#model
    if (this.grant !== undefined || remembered.length < 2) return nothing
    return html`<div>
      <label for="choice" class="muted">${this.say('chooseGrant')}</label>
      <select id="choice" @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value)}>
        ${remembered.map(
          ({ id, name, chainId, expiry }) =>
            html`<option value=${id} ?selected=${id === grant?.id}>
              ${oneLine(name, 100)}, ${chainName(chainId)}, ${dateTime(expiry, this.locale)}
            </option>`,
        )}
      </select>
    </div>`
  }

  #shown(grant: Grant, token: Token): TemplateResult {
    const { locale } = this
    return html`<div class="row head">
        <span class="badge" part="status status-${grant.status}">${this.say(`status_${grant.status}`)}</span>
        <code class="muted" title=${grant.key}>${short(grant.key)}</code>
      </div>
      ${spendingView({ grant, token, now: this.#model.now(), locale }, this.#topUp(grant))} ${this.#buttons(grant)}
      <details part="receipts">
        <summary>${this.say('receipts')}</summary>
        ${
          grant.receipts.length === 0
            ? html`<p class="muted">${this.say('noReceipts')}</p>`
            : html`<ul>
                ${grant.receipts.map((receipt) => html`<li>${this.#receipt(receipt, token)}</li>`)}
              </ul>`
        }
      </details>`
  }

  #topUp({ id }: Grant): TemplateResult {
    const { service, testnet } = this.#model
    return topUp({ service: service?.base ?? '', id, testnet, locale: this.locale })
  }

  #receipt({ id, at, price, service, path }: GrantReceipt, token: Token): TemplateResult {
    const jws = this.#model.receipts.get(id)
    return html`<details @toggle=${(event: Event) => this.#open(event, id)}>
      <summary>
        ${money(BigInt(price), token, this.locale)}
        <span class="muted"
          >${dateTime(Math.floor(Date.parse(at) / 1_000), this.locale)}
          <bdi>${oneLine(service, 100)}</bdi> ${oneLine(path, 200)}</span
        >
      </summary>
      ${
        typeof jws === 'string'
          ? html`<pb-receipt
              .jws=${jws}
              .token=${token}
              gateway=${this.gateway ?? nothing}
              lang=${this.locale}
              theme=${this.theme ?? nothing}
            ></pb-receipt>`
          : html`<p class="muted">${this.say(jws === undefined ? 'loading' : 'receiptGone')}</p>`
      }
    </details>`
  }

  /** A signed receipt is asked for when somebody opens it. */
  #open({ currentTarget }: Event, id: string): void {
    if ((currentTarget as HTMLDetailsElement).open) void this.#model.loadReceipt(id)
  }

  #buttons({ status }: Grant): TemplateResult | typeof nothing {
    const { busy } = this
    if (status !== 'active' && status !== 'freezing' && status !== 'frozen') return nothing
    const frozen = status === 'frozen' || status === 'freezing'
    const action = frozen ? 'unfreeze' : 'freeze'
    return html`<div class="row" part="actions">
        <button
          type="button"
          part="button ${action}"
          ?disabled=${busy !== undefined}
          @click=${() => void this.#act(action)}
        >
          ${this.say(action)}
        </button>
        <button
          type="button"
          class="danger"
          part="button revoke"
          ?disabled=${busy !== undefined}
          @click=${() => this.#dialog?.showModal()}
        >
          ${this.say('revoke')}
        </button>
      </div>
      <p class="muted">${this.say(busy === undefined ? 'stopNote' : 'signInWallet')}</p>`
  }

  #question(grant: Grant | undefined): TemplateResult {
    const values = { name: quoted(oneLine(grant?.name, 100)), site: globalThis.location?.host ?? '' }
    const { token } = this.#model
    const close = () => this.#dialog?.close()
    return html`<dialog part="dialog" aria-labelledby="ask">
      <div class="sheet stack">
        <h2 id="ask">${this.say('revoke')}</h2>
        <p>${this.say('revokeAsk', values)}</p>
        ${grant === undefined || token === undefined ? nothing : limitsView(amountsOf(grant), token, this.#model.now(), this.locale)}
      </div>
      <div class="actions">
        <button type="button" part="button" @click=${close}>${this.say('cancel')}</button>
        <button
          type="button"
          class="danger"
          part="button revoke-confirm"
          @click=${() => {
            close()
            void this.#act('revoke')
          }}
        >
          ${this.say('revoke')}
        </button>
      </div>
    </dialog>`
  }

  async #act(action: Action): Promise<void> {
    const { grant, service, readToken } = this.#model
    const { connected } = this.#wallet
    if (grant === undefined || service === undefined || this.busy !== undefined) return
    this.failure = undefined
    this.busy = action
    this.speak(this.say('signInWallet'))
    try {
      const wallet = connected ?? (this.provider && (await this.#wallet.connect(this.provider)))
      if (wallet === undefined) throw this.#wallet.failure ?? new Failure('no_wallet')
      await change({ provider: wallet.provider, account: grant.account, service }, grant, readToken, action)
      this.speak(this.say(SAID[action]))
      this.emit<ChangedDetail>(EVENTS[action], { id: grant.id })
    } catch (error) {
      this.failure = toFailure(error)
      this.emitFailure(this.failure)
    }
    this.busy = undefined
    await this.refresh()
    await this.updateComplete
    // A button that waits cannot keep the focus; after a revocation none is left.
    const [button] = this.renderRoot.querySelectorAll<HTMLElement>('[part=actions] button, [part=receipts] summary')
    button?.focus()
  }

  #load(): void {
    if (this.isConnected) void this.refresh()
  }

  /** Seconds until the window or the permission ends, whichever is first. */
  #next(grant: Grant): number {
    const now = this.#model.now()
    const ends = [grant.usage?.window?.end ?? grant.expiry, grant.expiry].filter((at) => at > now)
    return ends.length === 0 ? 0 : Math.min(...ends) - now
  }

  #watchTime(): void {
    clearInterval(this.#timer)
    const seconds = this.every ?? EVERY_S
    if (!(seconds > 0)) return
    // Nobody looks at a page in the background.
    this.#timer = setInterval(() => {
      if (document.visibilityState === 'visible' && this.busy === undefined) this.#load()
    }, seconds * 1_000)
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }
}
