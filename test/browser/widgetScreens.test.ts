// The widget's screens on pages of another origin, before a stand-in of the service: what a server rendered is taken over,
// everything is said before a person signs, and no page hides it.
import * as Jwk from '@pbstream/core/Jwk'
import * as Receipt from '@pbstream/core/Receipt'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAIN, TestService, TOKEN } from '../../sdk/widget/test/support/service.ts'
import { Site } from '../../sdk/widget/test/support/site.ts'
import type { GrantRequest } from '../../sdk/widget/src/index.ts'
import { secret } from '../support/keysApi.ts'
import { seriousOf } from './support/axe.ts'
import { BrowserWallet } from './support/BrowserWallet.ts'
import { launch } from './support/launch.ts'
import { picture } from './support/pictures.ts'

type Open = { kind?: string; lang?: string; dark?: boolean; request?: Partial<GrantRequest>; css?: string }

const PAYEES = [`0x${'ca'.repeat(20)}`, `0x${'fe'.repeat(20)}`]
const EVERYTHING = { payees: PAYEES, routes: ['rt_articles', 'rt_search'] }

let service: TestService
let site: Site
let browser: Browser
let wallet: BrowserWallet
let page: Page
let troubles: string[]

beforeAll(async () => {
  service = await TestService.start()
  site = await Site.start(service.url)
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await site?.[Symbol.asyncDispose]()
  await service?.[Symbol.asyncDispose]()
})

/** A new visitor with a wallet, before anything is loaded. */
async function visit({ dark = false }: Pick<Open, 'dark'> = {}): Promise<Page> {
  await page?.context().close()
  wallet = new BrowserWallet({ key: secret(), rpcUrl: `${service.url}/rpc` })
  const context = await browser.newContext({
    viewport: { width: 800, height: 1_000 },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
  })
  await wallet.into(context)
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
  troubles = []
  page.on('pageerror', (error) => troubles.push(String(error)))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && troubles.push(message.text()))
  return page
}

const address = ({ kind = 'plain', lang = 'en' }: Open) =>
  `${site.origin}/${kind}/?${new URLSearchParams({ service: service.url, chain: String(CHAIN), lang })}`
const part = (element: string, name: string) => page.locator(`${element} [part~=${name}]`).first()

/** The page with its authorisation screen open, and a wallet connected. */
async function openScreen(open: Open = {}): Promise<void> {
  const shown = await visit(open)
  if (open.css !== undefined) {
    const body = open.css
    await shown.route('**/page.css', (route) => route.fulfill({ contentType: 'text/css', body }))
  }
  await shown.goto(address(open))
  await shown.evaluate((more) => {
    const element = document.querySelector('pb-authorize')!
    element.request = { ...element.request!, ...more }
  }, open.request ?? EVERYTHING)
  // The page's own style may hide the button.
  await shown.evaluate(() => document.querySelector('pb-authorize')!.open())
  await part('pb-authorize', 'wallet').click()
  await part('pb-authorize', 'limits').waitFor()
}

const screen = () => page.locator('pb-authorize dialog')

/** Pixels by which the screen and the page are wider than what is seen of them. */
function overflow(): Promise<number[]> {
  return screen().evaluate((dialog) =>
    [dialog, document.documentElement].map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
  )
}

describe.each(['react', 'vue'])('a page that a server rendered with %s', (framework) => {
  test('is taken over without a warning, moves nothing and can be used', async () => {
    await visit()
    let arrive = () => {}
    const script = new Promise<void>((resolve) => (arrive = resolve))
    await page.route('**/main.js', (route) => void script.then(() => route.continue()))
    await page.goto(address({ kind: `${framework}-server` }), { waitUntil: 'commit' })
    await page.waitForFunction(() => document.styleSheets.length === 2 && document.querySelector('pb-usage') !== null)
    const before = await boxes()
    await page.evaluate(() => document.querySelector('pb-authorize')!.setAttribute('data-of-server', ''))
    arrive()
    await part('pb-authorize', 'open').waitFor()
    await part('pb-usage', 'wallet').waitFor()
    expect(await boxes()).toEqual(before)
    await part('pb-authorize', 'open').click()
    await part('pb-authorize', 'wallet').click()
    await part('pb-authorize', 'limits').waitFor()
    await page.locator('pb-authorize[data-of-server] [part~=authorise]:enabled').waitFor()
    expect(troubles).toEqual([])
  })

  async function boxes() {
    return page.evaluate(() =>
      ['pb-connect', 'pb-authorize', 'pb-usage'].map((name) => {
        const { x, y, width, height } = document.querySelector(name)!.getBoundingClientRect()
        return [name, x, y, width, height]
      }),
    )
  }
})

describe('the authorisation screen', () => {
  test('says everything in words, and each limit can be changed before it is signed', async () => {
    await openScreen()
    await screen().getByText('12.50 USDC').waitFor()
    const text = (await screen().innerText()).replaceAll('\u00a0', ' ')
    const said = [
      new URL(site.origin).origin,
      'Reads paid articles for your weekly report.',
      'Spend up to 5.00 USDC per day',
      'At most 0.10 USDC for one payment',
      'At most 50.00 USDC in total',
      ...PAYEES,
      'rt_articles',
      'rt_search',
      'At once',
      wallet.address.toLowerCase(),
      'Anvil (test money)',
      '12.50 USDC',
      'less than the total that you allow',
      'No other permissions for this site in this browser',
      'The signature moves no money',
      'You can freeze or revoke this at any time',
    ]
    expect(said.filter((each) => !text.includes(each))).toEqual([])
    expect(text).toMatch(/\(in (30 days|29 days 23 hours)\)/)

    await part('pb-authorize', 'fields').locator('summary').click()
    await page.getByLabel('Length of the period').selectOption({ label: 'per hour' })
    await page.getByText('At most 0.208333 USDC per hour: the site asks for no more').waitFor()
    await page.getByLabel('Per hour (USDC)').fill('0.2')
    await page.getByLabel('In total (USDC)').fill('20')
    await page.getByLabel('For one payment (USDC)').fill('0.05')
    await page.getByLabel(PAYEES[1]!).uncheck()
    await page.getByLabel('rt_search').uncheck()
    await page.getByText('Spend up to 0.20 USDC per hour').waitFor()
    // The second press comes before the first has got as far as the wallet.
    await part('pb-authorize', 'authorise').dblclick()
    await part('pb-authorize', 'unfunded').waitFor()
    expect(wallet.asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', 'eth_signTypedData_v4'])
    const [id, grant] = [...service.grants].at(-1)!
    expect(grant).toMatchObject({
      ...{ spendCap: '20000000', periodAmount: '200000', periodDuration: 3_600, perPaymentMax: '50000' },
      ...{ payees: [PAYEES[0]], routes: ['rt_articles'] },
    })
    const link = await part('pb-authorize', 'top-up').getAttribute('href')
    expect(link).toBe(`${service.url}/app/funds?key=${id}&topUp=1&mode=test`)
    await picture(page, 'widget/funds')
    expect(await seriousOf(page)).toEqual([])
    expect(troubles).toEqual([])
  })

  test.each([
    ['en', false],
    ['en', true],
    ['zh', false],
    ['zh', true],
  ] as const)('is whole in %s, dark: %s', async (lang, dark) => {
    await openScreen({ lang, dark })
    await page
      .locator('pb-authorize dialog')
      .getByText(/12\.50/)
      .waitFor()
    await picture(page, `widget/authorise-${lang}-${dark ? 'dark' : 'light'}`)
    await part('pb-authorize', 'fields').locator('summary').click()
    expect(await seriousOf(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await overflow()).toEqual([0, 0])
    if (lang === 'zh') expect(await screen().locator('h2').innerText()).toContain('请求从您的钱包付款')
    expect(troubles).toEqual([])
  })

  test('says in Chinese that the person declined, and that the service did not answer', async () => {
    await openScreen({ lang: 'zh' })
    wallet.declines = true
    await part('pb-authorize', 'authorise').click()
    await page.getByText('您在钱包中拒绝了。没有任何更改。').waitFor()
    wallet.declines = false
    await page.route('**/v1/grants', (route) => route.abort('connectionreset'), { times: 1 })
    await part('pb-authorize', 'authorise').click()
    await part('pb-authorize', 'failure').getByText('没有收到服务的回应').waitFor()
    await part('pb-authorize', 'authorise').click()
    await part('pb-authorize', 'unfunded').waitFor()
    const signatures = wallet.asked.filter(({ method }) => method === 'eth_signTypedData_v4')
    expect(signatures).toHaveLength(2)
  })
})

describe('a hostile page', () => {
  const hide =
    'display: none; visibility: hidden; opacity: 0; font-size: 0; color: transparent; height: 0; transform: scale(0);'
  const css = `
    :root { ${['card', 'sunk', 'ink', 'soft', 'line', 'edge', 'warn', 'bad'].map((name) => `--pb-${name}: #fff;`).join('')}
      --pb-size: 0px; --pb-font: "none"; --pb-mono: "none"; }
    pb-authorize { font-size: 0 !important; letter-spacing: -1em; text-indent: -999em; visibility: hidden;
      -webkit-text-security: disc; -webkit-text-fill-color: transparent; }
    pb-authorize::part(limits), pb-authorize::part(facts), pb-authorize::part(countdown) { ${hide} }`

  test('hides neither who asks nor the limits', async () => {
    await openScreen({ css })
    const seen = await screen().evaluate((dialog) =>
      [...dialog.querySelectorAll<HTMLElement>('.origin, .limits li, .facts dd')].map((element) => {
        const { color, fontSize, visibility, opacity } = getComputedStyle(element)
        const around = getComputedStyle(element.closest('.sure')!).backgroundColor
        const { width, height } = element.getBoundingClientRect()
        const isLegible = color !== around && Number.parseFloat(fontSize) >= 14 && width > 20 && height > 10
        return isLegible && visibility === 'visible' && opacity === '1'
      }),
    )
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.filter((each) => !each)).toEqual([])
  })

  test('has its name in one line of text and in its own direction', async () => {
    const name = `<img src=x onerror="document.title='run'">\u202e\n${'verylongname'.repeat(50)}`
    await openScreen({ request: { name, reason: 'א'.repeat(2_000) } })
    const title = screen().locator('h2')
    expect(await title.innerText()).toMatch(/^“\u2068<img src=x onerror="document.title='run'"> verylong/)
    expect(await screen().locator('img').count()).toBe(0)
    expect(await page.title()).not.toBe('run')
    expect(await overflow()).toEqual([0, 0])
    expect((await title.boundingBox())!.height).toBeLessThan(200)
  })
})

test('spending shows what is allowed and what is put in, and says when there is nothing', async () => {
  await openScreen()
  await part('pb-authorize', 'authorise').click()
  await part('pb-authorize', 'done').click()
  await part('pb-usage', 'funds').getByText('No money is in it now').waitFor()
  const [id, grant] = [...service.grants].at(-1)!
  const window = { start: grant.start, end: grant.start + 86_400, spent: '1240000', left: '3760000' }
  const usage = { spent: '8300000', reserved: '40000', left: '41660000', inFlight: 1, window }
  const receipt = { id: 'pay_1', at: '2026-02-14T09:00:00Z', price: '40000', asset: TOKEN.address }
  const receipts = [{ ...receipt, service: 'Library <b>', path: '/articles/7' }]
  service.grants.set(id, { ...grant, usage, receipts, onChain: { usage: '20000000' } })
  service.receipts.set('pay_1', (await signedReceipt()).jws)
  await page.evaluate(() => document.querySelector('pb-usage')!.refresh())
  await part('pb-usage', 'funds').getByText('11.66').waitFor()
  await picture(page.locator('pb-usage'), 'widget/usage')
  await picture(page.locator('pb-connect'), 'widget/connect')
  await part('pb-usage', 'receipts').getByText('Receipts').click()
  await part('pb-usage', 'receipts').getByText('Library <b> /articles/7').click()
  await part('pb-usage', 'verdict-unchecked').waitFor()
  expect(await seriousOf(page)).toEqual([])
  await part('pb-authorize', 'open').click()
  await part('pb-authorize', 'existing').getByText('You have 1 other permission for this site').click()
  await part('pb-authorize', 'existing').getByText('41.66').waitFor()
  await part('pb-authorize', 'cancel').click()
  await part('pb-usage', 'revoke').click()
  const question = page.locator('pb-usage dialog')
  expect(await question.innerText()).toContain('At most 50.00\u00a0USDC in total')
  expect(troubles).toEqual([])
})

async function signedReceipt() {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const { x = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const sign = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes as Uint8Array<ArrayBuffer>))
  const jws = await Receipt.sign(
    {
      ...{ jti: '7c1f0f5e', scheme: 'exact', payer: PAYEES[0] as `0x${string}`, network: `eip155:${CHAIN}` },
      ...{ asset: TOKEN.address, digest: `0x${'11'.repeat(32)}`, route: 'rt_articles', price: '40000', rate: 3 },
      iat: 1_800_000_000,
    },
    { kid: 'g1', sign },
  )
  const keys = Jwk.keySet({ kty: 'OKP', crv: 'Ed25519', kid: 'g1', x })
  return { jws, keys }
}

test('a receipt takes the place that was kept for it', async () => {
  const { jws, keys } = await signedReceipt()
  await visit()
  await page.goto(address({}))
  const kept = await page.evaluate(() => {
    const place = document.createElement('pb-receipt')
    place.setAttribute('gateway', 'https://gateway.example')
    document.querySelector('main')!.appendChild(place)
    return Number.parseFloat(getComputedStyle(place).minHeight)
  })
  await page.evaluate((given) => Object.assign(document.querySelector('pb-receipt')!, given), {
    ...{ jws, keys, token: TOKEN },
  })
  await part('pb-receipt', 'verdict-verified').waitFor()
  const receipt = page.locator('pb-receipt')
  expect((await receipt.boundingBox())!.height).toBe(kept)
  expect(await receipt.locator('section').innerText()).toContain('Signed by gateway.example')
  await picture(receipt, 'widget/receipt')
})
