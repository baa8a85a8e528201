/** A person with a wallet and a browser, who goes from page to page of the dashboard. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Hex } from '@pbstream/core/Hex'
import type { Stack } from '../../support/Stack.ts'
import { BrowserWallet } from './BrowserWallet.ts'

type Options = { key: Hex; look: BrowserContextOptions }

export class Visitor {
  readonly page: Page
  /** Complaints of the browser and of its policy, errors of scripts, and dialogs. */
  readonly complaints: string[] = []
  readonly #control: () => string

  private constructor(page: Page, control: () => string) {
    this.page = page
    this.#control = control
    page.on('pageerror', (error) => this.#complain(String(error)))
    page.on('dialog', (dialog) => {
      this.#complain(`a dialog of the browser: ${dialog.message()}`)
      void dialog.dismiss()
    })
    // Who is not signed in yet is told so by 401, and what needs the wallet by 403: the browser reports both.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) this.#complain(message.text())
    })
  }

  /** At the page where one signs in. */
  static async arrive(browser: Browser, stack: Stack, { key, look }: Options): Promise<Visitor> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...look })
    await new BrowserWallet({ key, rpcUrl: stack.chain.rpcUrl }).into(context)
    const visitor = new Visitor(await context.newPage(), () => stack.system.urls.control)
    await visitor.go('/?mode=test')
    return visitor
  }

  /** Opens a page by its address and waits until it has what it asks for. */
  async go(path: string): Promise<void> {
    await this.page.goto(new URL(`/app${path}`, this.#control()).href)
    await this.page.waitForLoadState('networkidle')
  }

  async signIn(): Promise<void> {
    const enter = this.page.getByRole('button', { name: 'Test wallet' })
    await enter.click()
    await enter.waitFor({ state: 'detached' })
  }

  #complain(what: string): void {
    this.complaints.push(`${new URL(this.page.url()).pathname}: ${what}`)
  }
}
