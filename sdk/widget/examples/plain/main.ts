/** A page without a framework: the elements stand in its HTML, and this tells them what to ask for. */
import '@pbstream/widget'
import { gateway, lang, request, service } from '../settings.ts'

const authorize = document.querySelector('pb-authorize')!
const usage = document.querySelector('pb-usage')!
const said = document.querySelector('output')!

document.documentElement.lang = lang
authorize.service = service
authorize.request = request
usage.service = service
usage.gateway = gateway

authorize.addEventListener('granted', (event) => {
  const { id, key, keyId, secret } = (event as CustomEvent<import('@pbstream/widget').Granted>).detail
  // Hand the secret to the agent that is to spend, and keep it nowhere else.
  said.textContent = `granted ${id}: key ${key}, key id ${keyId}${secret === null ? '' : ', with its secret'}`
})
authorize.addEventListener('declined', () => (said.textContent = 'declined'))
authorize.addEventListener('failed', (event) => {
  said.textContent = `failed: ${(event as CustomEvent<{ code: string }>).detail.code}`
})
usage.addEventListener('revoked', () => (said.textContent = 'revoked'))
