/**
 * The script of the payable page, as it is sent: finds injected wallets (EIP-6963, else `window.ethereum`), signs one
 * EIP-3009 transfer for the exact price and repeats the request with it. Answers are shown as text, never as markup.
 */
export const script = `(() => {
'use strict'
const { required, now, chains, text } = JSON.parse(document.getElementById('offer').textContent)
const $ = (id) => document.getElementById(id)
const say = (words) => { $('status').textContent = words }
const skew = now - Math.floor(Date.now() / 1000)
const seen = new Set()
const base64 = (value) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))
const unbase64 = (header) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(header), (c) => c.charCodeAt(0))))

function button(label, action) {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = label
  element.addEventListener('click', async () => {
    element.disabled = true
    try { await action() } catch (error) { say(text.failed + (error && error.message ? error.message : String(error))) } finally { element.disabled = false }
  })
  return element
}

function add(provider, name) {
  if (!required.accepts.length || seen.has(provider)) return
  seen.add(provider)
  $('pay').append(button(text.pay.replace('{wallet}', name), () => pay(provider)), ' ')
  $('pay').hidden = false
  say('')
}

async function pay(provider) {
  say(text.connecting)
  const [from] = await provider.request({ method: 'eth_requestAccounts' })
  const current = Number(await provider.request({ method: 'eth_chainId' }))
  const index = Math.max(0, chains.indexOf(current))
  const accepted = required.accepts[index]
  const chainId = chains[index]
  if (chainId !== current) await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: '0x' + chainId.toString(16) }] })
  const time = Math.floor(Date.now() / 1000) + skew
  const nonce = '0x' + [...crypto.getRandomValues(new Uint8Array(32))].map((b) => b.toString(16).padStart(2, '0')).join('')
  const authorization = { from, to: accepted.payTo, value: accepted.amount, validAfter: String(time - 600), validBefore: String(time + accepted.maxTimeoutSeconds), nonce }
  const field = (name, type) => ({ name, type })
  const typed = {
    domain: { name: accepted.extra.name, version: accepted.extra.version, chainId, verifyingContract: accepted.asset },
    primaryType: 'TransferWithAuthorization',
    types: {
      EIP712Domain: [field('name', 'string'), field('version', 'string'), field('chainId', 'uint256'), field('verifyingContract', 'address')],
      TransferWithAuthorization: [field('from', 'address'), field('to', 'address'), field('value', 'uint256'), field('validAfter', 'uint256'), field('validBefore', 'uint256'), field('nonce', 'bytes32')],
    },
    message: authorization,
  }
  const signature = await provider.request({ method: 'eth_signTypedData_v4', params: [from, JSON.stringify(typed)] })
  const { resource, extensions } = required
  await send(base64({ x402Version: 2, resource, accepted, payload: { signature, authorization }, extensions }))
}

async function send(payment) {
  say(text.paying)
  const response = await fetch(location.href, { headers: { 'PAYMENT-SIGNATURE': payment, accept: '*/*' } })
  if (!response.ok) {
    const problem = await response.json().catch(() => ({ title: String(response.status) }))
    if (problem.code !== 'settlement_pending' && problem.code !== 'request_in_flight') return say(text.failed + (problem.title || response.status))
    say(text.pending)
    return $('answer').replaceChildren(button(text.again, () => send(payment)))
  }
  const paid = response.headers.get('PAYMENT-RESPONSE')
  say(paid ? text.paid + unbase64(paid).transaction : text.served)
  await show(response)
}

async function show(response) {
  const type = response.headers.get('content-type') || ''
  if (/^text\\/|json|xml/.test(type)) {
    const pre = document.createElement('pre')
    pre.textContent = await response.text()
    return $('answer').replaceChildren(pre)
  }
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = location.pathname.split('/').pop() || 'answer'
  link.textContent = text.save
  $('answer').replaceChildren(link)
}

addEventListener('eip6963:announceProvider', ({ detail }) => add(detail.provider, detail.info.name))
dispatchEvent(new Event('eip6963:requestProvider'))
if (window.ethereum && !seen.size) add(window.ethereum, text.wallet)
})()`
