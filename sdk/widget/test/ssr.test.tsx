// On a server: importing does nothing, and frameworks write the elements without what belongs to the browser.
import { renderToString as renderReact } from 'react-dom/server'
import { createSSRApp } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { expect, test } from 'vitest'
import { PbUsage as ReactUsage } from '../src/react.ts'
import { isCustomElement, PbReceipt as VueReceipt } from '../src/vue.ts'
import { App as ReactApp } from '../examples/react/App.tsx'
import { App as VueApp } from '../examples/vue/App.ts'
import { ELEMENTS } from '../src/Register.ts'
import { walletOf } from './support/wallet.ts'

const TAGS = ['pb-connect', 'pb-authorize', 'pb-usage']

test('a server knows no elements', () => {
  expect(globalThis.document).toBeUndefined()
  const registry = (globalThis as { customElements?: CustomElementRegistry }).customElements
  expect(Object.keys(ELEMENTS).filter((name) => registry?.get(name) !== undefined)).toEqual([])
})

test('React writes the elements of the example', () => {
  const page = renderReact(<ReactApp />)
  for (const tag of TAGS) expect(page).toContain(`</${tag}>`)
  expect(page).not.toMatch(/\[object/)
})

test('React writes neither wallet nor read token into the page', () => {
  const page = renderReact(<ReactUsage provider={walletOf()} token="pbg_secret" grant="sk_1" />)
  expect(page).not.toMatch(/pbg_secret|\[object/)
})

test('Vue writes the elements of the example', async () => {
  const page = await renderVue(createSSRApp(VueApp))
  for (const tag of TAGS) expect(page).toContain(`</${tag}>`)
  expect(page).not.toMatch(/\[object/)
})

test('Vue passes on what is in the slot and the language, and nothing that is a property', async () => {
  const page = await renderVue(createSSRApp(VueReceipt, { jws: 'a.b.c', lang: 'zh' }))
  expect(page).toBe('<pb-receipt lang="zh"></pb-receipt>')
})

test('a compiler of templates can be told which tags are ours', () => {
  expect(['pb-usage', 'div'].map(isCustomElement)).toEqual([true, false])
})
