/** `<pb-connect>`: connects a wallet, for itself and for the other elements of the page. */
import { html, nothing, type TemplateResult } from 'lit'
import { chainName, short } from '../format/Address.ts'
import { failureNotice, walletList } from '../view/Parts.ts'
import type { Connected } from '../wallet/Connection.ts'
import type { Eip1193 } from '../wallet/Provider.ts'
import { PbElement } from './PbElement.ts'
import { WalletController } from './WalletController.ts'

/** Details of the event `connected`. */
export type ConnectedDetail = Connected

export class PbConnect extends PbElement {
  readonly #wallet = new WalletController(this, () => this.#changed())
  #told: Connected | undefined

  /** Opens the choice of wallets, or asks the wallet that the page gave. */
  open(): void {
    if (this.provider !== undefined) void this.#choose(this.provider)
    else this.#dialog?.showModal()
  }

  protected override render(): TemplateResult {
    const { connected, busy, failure, wallets } = this.#wallet
    const { locale } = this
    return html`${
        connected === undefined
          ? html`<button
              type="button"
              class="primary"
              part="button connect"
              ?disabled=${busy}
              @click=${() => this.open()}
            >
              <slot>${this.say(busy ? 'connecting' : 'connect')}</slot>
            </button>`
          : this.#account(connected)
      }
      ${this.provider === undefined ? nothing : failureNotice(failure, locale)}
      <dialog part="dialog" aria-labelledby="title">
        <div class="sheet stack">
          <h2 id="title">${this.say('chooseWallet')}</h2>
          ${walletList(wallets, { locale, busy, choose: (provider) => this.#choose(provider) })}
          ${busy ? html`<p role="status">${this.say('connecting')}</p>` : nothing} ${failureNotice(failure, locale)}
        </div>
        <div class="actions">
          <button type="button" part="button" @click=${() => this.#dialog?.close()}>${this.say('close')}</button>
        </div>
      </dialog>
      ${this.speaker()}`
  }

  #account({ account, chainId }: Connected): TemplateResult {
    return html`<div class="row" part="account">
      <span>
        <span class="spoken">${this.say('connectedAs', { account })}</span>
        <code title=${account} aria-hidden="true">${short(account)}</code>
        <span class="muted">${chainName(chainId)}</span>
      </span>
      <button type="button" part="button disconnect" @click=${() => this.#disconnect()}>
        ${this.say('disconnect')}
      </button>
    </div>`
  }

  async #choose(provider: Eip1193): Promise<void> {
    if ((await this.#wallet.connect(provider)) !== undefined) {
      this.#dialog?.close()
      await this.#refocus()
    } else if (this.#wallet.failure !== undefined) this.emitFailure(this.#wallet.failure)
  }

  #disconnect(): void {
    this.#wallet.disconnect()
    void this.#refocus()
  }

  #changed(): void {
    const { connected } = this.#wallet
    this.requestUpdate()
    const before = this.#told
    this.#told = connected
    if (connected === before) return
    if (connected === undefined) {
      this.speak(this.say('disconnected'))
      this.emit('disconnected', null)
      return
    }
    this.speak(this.say('connectedAs', { account: short(connected.account) }))
    this.emit<ConnectedDetail>('connected', connected)
  }

  /** The button that had the focus went with the account. */
  async #refocus(): Promise<void> {
    await this.updateComplete
    this.renderRoot.querySelector('button')?.focus()
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot?.querySelector('dialog') ?? null
  }
}
