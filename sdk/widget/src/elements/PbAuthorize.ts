/** `<pb-authorize>`: a button, and the screen on which a person authorises a session key or does not. */
import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { Failure, toFailure } from '../Failure.ts'
import { quoted } from '../format/Line.ts'
import { dateTime, duration } from '../format/Time.ts'
import { type Granted, type Ports, register, sign, type SignedGrant, type Step } from '../grant/Grant.ts'
import { pageStore, remember } from '../grant/Memory.ts'
import { FIELDS, type Field, type GrantRequest } from '../grant/Request.ts'
import { authorize } from '../style/Authorize.ts'
import { styles } from '../style/Base.ts'
import { requestFrom } from '../view/Attributes.ts'
import { fieldsView } from '../view/Fields.ts'
import { topUp } from '../view/Funding.ts'
import { limitsView } from '../view/Limits.ts'
import { failureNotice, walletList } from '../view/Parts.ts'
import { reviewView } from '../view/Review.ts'
import { thisPage } from '../view/ReviewModel.ts'
import { type AddChain, type Eip1193, toChain } from '../wallet/Provider.ts'
import { AuthorizeModel } from './AuthorizeModel.ts'
import { type DeclinedDetail, PbElement } from './PbElement.ts'
import { Ticker } from './Ticker.ts'
import { WalletController } from './WalletController.ts'

const STEPS = { chain: 'stepChain', sign: 'stepSign', register: 'stepRegister' } as const

export class PbAuthorize extends PbElement {
  static override styles = [...styles, authorize]
  static override properties: PropertyDeclarations = {
    service: {},
    request: { attribute: false },
    chain: { attribute: false },
    shown: { state: true },
    step: { state: true },
    failure: { state: true },
    granted: { state: true },
  }

  /** Address of the service (`workers/control`) that registers the key. */
  declare service: string | undefined
  /** What the site asks for; attributes are read if left out. */
  declare request: GrantRequest | undefined
  /** How a wallet that does not know the chain can add it. */
  declare chain: AddChain | undefined
  declare private shown: boolean
  declare private step: Step | undefined
  declare private failure: Failure | undefined
  declare private granted: Granted | undefined
  readonly #wallet = new WalletController(this, () => this.#load())
  readonly #model = new AuthorizeModel(() => this.requestUpdate())
  /** What the wallet signed and the service has not taken yet: it is handed in again without another question. */
  #signed: SignedGrant | undefined
  /** Rises when the person goes away: what comes later from the wallet counts for nothing. */
  #run = 0

  constructor() {
    super()
    this.shown = false
    new Ticker(
      this,
      () => this.#left,
      (left) => this.speak(this.say('timeLeft', { left: duration(left, this.locale) })),
    )
  }

  /** Opens the screen. */
  open(): void {
    if (this.step === undefined) this.#model.clear()
    this.granted = undefined
    this.failure = undefined
    this.shown = true
    this.#dialog?.showModal()
    this.#load()
    this.#focus('h2')
  }

  protected override render(): TemplateResult {
    return html`<button
        type="button"
        class="primary"
        part="button open"
        aria-haspopup="dialog"
        @click=${() => this.open()}
      >
        <slot>${this.say('open')}</slot>
      </button>
      <dialog
        part="dialog"
        aria-labelledby="title"
        @cancel=${(event: Event) => this.#onCancel(event)}
        @close=${() => this.#onClose()}
      >
        ${this.shown ? this.#screen() : nothing}
      </dialog>`
  }

  #screen(): TemplateResult {
    const { terms } = this.#model
    const name = terms?.name || thisPage().origin
    return html`<div class="sheet stack">
        <h2 id="title" tabindex="-1">
          ${this.granted ? this.say('granted') : this.say('title', { name: quoted(name) })}
        </h2>
        ${this.granted ? this.#done(this.granted) : this.#ask()} ${this.speaker()}
      </div>
      <div class="actions" part="actions">${this.#progress()} ${this.#actions()}</div>`
  }

  #ask(): TemplateResult {
    const { connected, wallets, busy, failure } = this.#wallet
    const { locale } = this
    if (connected === undefined) {
      const choices =
        this.provider === undefined
          ? wallets
          : [{ id: '', name: this.say('connect'), icon: '', provider: this.provider }]
      const choose = (provider: Eip1193) => void this.#wallet.connect(provider).then(() => this.#focus('h2'))
      return html`<p>${this.say('connectFirst')}</p>
        ${walletList(choices, { locale, busy, choose })} ${failureNotice(failure, locale)}`
    }
    const review = this.#model.review(locale, connected, thisPage())
    if (review === undefined) {
      const problem = this.#model.failure
      return problem === undefined
        ? html`<p role="status">${this.say('loading')}</p>`
        : html`${failureNotice(problem, locale)}`
    }
    const fields = this.step === undefined ? fieldsView(review, (field, value) => this.#edit(field, value)) : nothing
    return reviewView(review, fields, () => void this.#switchNetwork())
  }

  /** Beside the buttons, where it is in sight however long the screen is. */
  #progress(): TemplateResult | typeof nothing {
    if (this.step === undefined) return failureNotice(this.failure, this.locale)
    return html`<div class="notice" part="progress">
      <p>${this.say(STEPS[this.step])}</p>
      <p class="muted">${this.say('stepNote')}</p>
    </div>`
  }

  #done({ id, expiry }: Granted): TemplateResult {
    const { terms, limits, base: service, testnet } = this.#model
    if (terms === undefined || limits === undefined) return html``
    const { locale } = this
    const values = { name: quoted(terms.name), end: dateTime(expiry, locale) }
    return html`<p class="notice good" part="granted">${this.say('grantedNote', values)}</p>
      ${limitsView(limits, terms.token, this.#model.now(), locale)}
      <p class="notice warn" part="unfunded">${this.say('unfunded')}</p>
      ${topUp({ service, id, testnet, locale })}
      <p class="muted">${this.say('revokeNote')} ${service}</p>`
  }

  #actions(): TemplateResult {
    if (this.granted)
      return html`<button type="button" class="primary" part="button done" @click=${() => this.#dialog?.close()}>
        ${this.say('done')}
      </button>`
    const ready = this.#wallet.connected !== undefined && this.#model.limits !== undefined
    const broken = this.#model.failure !== undefined && !ready
    const working = this.step !== undefined
    const [label, act] = broken
      ? (['tryAgain', () => this.#load(true)] as const)
      : ([this.#signed === undefined ? 'authorise' : 'tryAgain', () => void this.#grant()] as const)
    return html`<button
        type="button"
        part="button cancel"
        ?disabled=${this.step === 'register'}
        @click=${() => this.#dialog?.close()}
      >
        ${this.say('cancel')}
      </button>
      <button
        type="button"
        class="primary"
        part="button authorise"
        ?disabled=${working || !(ready || broken)}
        @click=${act}
      >
        ${this.say(label)}
      </button>`
  }

  #load(again = false): void {
    this.requestUpdate()
    const { connected } = this.#wallet
    if (!this.shown || this.step !== undefined || this.granted !== undefined) return
    if (connected === undefined) return
    this.#model.load({ connected, service: this.service ?? '', request: this.request ?? requestFrom(this), again })
  }

  #edit(field: Field, value: string): void {
    // Another limit than was signed is another permission.
    this.#signed = undefined
    this.#model.edit(field, value)
  }

  async #switchNetwork(): Promise<void> {
    const { connected } = this.#wallet
    const { terms } = this.#model
    if (connected === undefined || terms === undefined) return
    try {
      await toChain(connected.provider, terms.chainId, this.chain)
      this.#wallet.movedTo(terms.chainId)
    } catch (error) {
      this.failure = toFailure(error)
    }
  }

  async #grant(): Promise<void> {
    const { connected } = this.#wallet
    const { terms, limits, service } = this.#model
    if (connected === undefined || terms === undefined || limits === undefined || service === undefined) return
    // A second press while the first is under way asks the wallet nothing.
    if (this.step !== undefined) return
    const wrong = this.#model.wrongFields()
    if (wrong > 0) return this.#showWrong(wrong)
    this.step = 'chain'
    const run = ++this.#run
    const stillHere = () => run === this.#run
    const { provider, account } = connected
    const step = (now: Step) => {
      if (!stillHere()) throw new Failure('rejected')
      this.step = now
      this.speak(this.say(STEPS[now]))
    }
    const ports: Ports = { provider, account, service, step, now: () => this.#model.now(), addChain: this.chain }
    this.failure = undefined
    try {
      const signed =
        this.#signed?.grant.permission.account === account ? this.#signed : await sign(ports, terms, limits)
      if (!stillHere()) return
      this.#signed = signed
      this.#finish(await register(ports, signed), service.base)
    } catch (error) {
      if (!stillHere()) return
      this.#fail(toFailure(error))
    }
  }

  #finish(granted: Granted, service: string): void {
    const { id, token, account, chainId, expiry } = granted
    this.#signed = undefined
    this.step = undefined
    this.granted = granted
    const name = this.#model.terms?.name ?? ''
    remember(pageStore(), account, { id, token, service, chainId, name, expiry }, this.#model.now())
    this.speak(this.say('granted'))
    this.emit<Granted>('granted', granted)
    this.#focus('h2')
  }

  #fail(failure: Failure): void {
    this.failure = failure
    this.step = undefined
    this.#model.refuse(failure.errors)
    // What the service will never take is signed anew, with what the person then sees.
    if (!failure.retryable) this.#signed = undefined
    this.emitFailure(failure)
    // The wallet may have gone to another account or chain meanwhile.
    this.#load()
    const wrong = this.#model.wrongFields()
    if (wrong > 0) this.#showWrong(wrong)
    else this.#focus('[part~=authorise]')
  }

  #showWrong(count: number): void {
    this.speak(this.say('fixFields', { n: count }))
    const first = FIELDS.find((field) => this.#model.isWrong(field))
    void this.updateComplete.then(() => {
      // Opened, and never closed under somebody's hands.
      const fields = this.renderRoot.querySelector<HTMLDetailsElement>('[part=fields]')
      if (fields !== null) fields.open = true
      this.#focus(`#${first}`)
    })
  }

  /** What was signed is on its way: going away now would leave it unknown what came of it. */
  #onCancel(event: Event): void {
    if (this.step === 'register') event.preventDefault()
  }

  #onClose(): void {
    this.shown = false
    // A browser may close it all the same. What was handed in goes on, and the page hears what came of it.
    if (this.step === 'register') return
    // Nor is it a no when it is not known what came of what was handed in: the page was told that it failed.
    const declined = this.granted === undefined && this.#signed === undefined
    this.#run++
    this.step = undefined
    this.#signed = undefined
    this.#model.clear()
    if (declined) this.emit<DeclinedDetail>('declined', { reason: 'cancelled' })
  }

  /** Once it is there: what had the focus before may be gone. */
  #focus(selector: string): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(selector)?.focus())
  }

  /** Seconds until the permission would end, while it is shown. */
  get #left(): number | undefined {
    const { limits } = this.#model
    return this.shown && limits !== undefined ? limits.expiry - this.#model.now() : undefined
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }
}
