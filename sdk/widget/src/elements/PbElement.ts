/** What the elements have in common: language, theme, the wallet, a region that speaks, and events. */
import { html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { Failure } from '../Failure.ts'
import { styles } from '../style/Base.ts'
import { firstOf, type Locale, tagsFor } from '../text/Locale.ts'
import { isLoaded, load, say, type TextKey, type Values } from '../text/Text.ts'
import type { Eip1193 } from '../wallet/Provider.ts'

/** By `color-scheme` of the page if left out. */
export type Theme = 'light' | 'dark' | 'auto'

/** Details of the event `failed`. */
export type FailedDetail = { code: Failure['code']; problem?: string; detail: string; retryable: boolean }
/** Details of the event `declined`. */
export type DeclinedDetail = { reason: 'cancelled' | 'rejected' }

export class PbElement extends LitElement {
  static override styles = styles
  static override properties: PropertyDeclarations = {
    provider: { attribute: false },
    theme: { reflect: true },
    locale: { state: true },
    spoken: { state: true },
  }

  /** The wallet that the page has; left out: wallets of the browser are found. */
  declare provider: Eip1193 | undefined
  declare theme: Theme | undefined
  declare protected locale: Locale
  declare protected spoken: string
  #languages: MutationObserver | undefined

  constructor() {
    super()
    this.locale = 'en'
    this.spoken = ''
  }

  static override get observedAttributes(): string[] {
    return [...super.observedAttributes, 'lang']
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value)
    if (name === 'lang' && this.isConnected) this.#readLanguage()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#readLanguage()
    this.#languages = new MutationObserver(() => this.#readLanguage())
    this.#languages.observe(document.documentElement, { attributes: true, attributeFilter: ['lang'], subtree: true })
  }

  /** Nothing is shown in one language and then in another. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!isLoaded(this.locale)) await load(this.locale)
    await super.scheduleUpdate()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#languages?.disconnect()
  }

  protected say(key: TextKey, values?: Values): string {
    return say(this.locale, key, values)
  }

  /** Says something to those who listen to the page instead of seeing it, once. */
  protected speak(text: string): void {
    this.spoken = text
  }

  /** Where `speak` is heard: inside the open dialog, since everything outside of one is silent. */
  protected speaker(): TemplateResult {
    return html`<p class="spoken" role="status" aria-live="polite">${this.spoken}</p>`
  }

  /** Events reach listeners of this element only: `granted` may hold a secret, which is for nobody else on the page. */
  protected emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail }))
  }

  /** Tells the page: `declined` for a person's no in the wallet, `failed` for everything else. */
  protected emitFailure(failure: Failure): void {
    const { code, problem, detail, retryable } = failure
    if (code === 'rejected') this.emit<DeclinedDetail>('declined', { reason: 'rejected' })
    else this.emit<FailedDetail>('failed', { code, ...(problem && { problem }), detail, retryable })
  }

  #readLanguage(): void {
    this.locale = firstOf(tagsFor(this))
  }
}
