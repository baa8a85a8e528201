import { tokens } from '@pbstream/core/style/Tokens'

/**
 * The overview in a browser: one page without dependencies that asks `/overview.json` every two seconds.
 *
 * `page` takes the nonce of the Content-Security-Policy. Data reaches the page as text only, never as markup.
 */
export function page(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PB-Stream overview</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header>
  <h1>PB-Stream</h1>
  <p id="state" role="status" aria-live="polite"></p>
  <button id="language" type="button">中文</button>
</header>
<main id="main"></main>
<noscript>This page needs JavaScript. The same numbers are at /overview.json.</noscript>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`
}

const STYLE = `
${tokens()}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: var(--text-body) var(--font);
  font-variant-numeric: tabular-nums }
header, main { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem }
header { display: flex; gap: 1rem; align-items: baseline; padding-top: 1.5rem }
h1 { font-size: 1.1rem; margin: 0 }
h2 { font-size: .95rem; margin: 2rem 0 .5rem }
#state { margin: 0; color: var(--soft); flex: 1 }
#state.bad { color: var(--bad) }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--edge); border-radius: var(--radius);
  padding: .15rem .6rem; cursor: pointer }
button:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px }
section > div { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4rem .8rem; border-top: 1px solid var(--line); white-space: nowrap }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .85rem }
td.n, th.n { text-align: right }
td.id { font-family: var(--mono); font-size: .85rem }
td.bad { color: var(--bad) }
.none { margin: 0; padding: .8rem; color: var(--soft) }
.bar { display: flex; height: .6rem; width: 12rem; border-radius: 3px; overflow: hidden; background: var(--line) }
.bar i { display: block; height: 100% }
.settled { background: var(--series-0) } .held { background: var(--series-1) } .lost { background: var(--bad) }
.key { color: var(--soft); font-size: .85rem; margin: .4rem 0 0 }
.key i { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin: 0 .3rem 0 .8rem }
.key i.room { background: var(--line) }
`

// No backslashes and no template literals inside: it is one itself.
const SCRIPT = `
'use strict'
const words = {
  en: { routes: 'Routes', channels: 'Channels', payments: 'Latest payments', settlements: 'Transactions',
    incidents: 'Incidents', audit: 'Changes', none: 'Nothing yet.', live: 'Live', down: 'Cannot be read; trying again',
    route: 'Route', methods: 'Methods', path: 'Path', price: 'Price', chains: 'Chains', free: 'free', off: 'off',
    upTo: 'at most', least: 'at least', per: 'per', byte: 'bytes', second: 'seconds', reported: 'reported units', version: 'card',
    channel: 'Channel', payer: 'Payer', funds: 'Funds', authorised: 'Authorised', metered: 'Metered',
    settled: 'Settled', held: 'Held', lost: 'Lost', room: 'Not used', share: 'Share', time: 'Time', amount: 'USDC',
    total: 'Channel total', provider: 'Provider', purpose: 'Purpose', status: 'Status', transaction: 'Transaction',
    nonce: 'Nonce', gas: 'Gas', what: 'What', detail: 'Detail', who: 'Who', subject: 'Subject', disorder: 'out of order' },
  zh: { routes: '路由', channels: '通道', payments: '最近的付款', settlements: '链上交易',
    incidents: '事件', audit: '变更', none: '暂无。', live: '实时', down: '无法读取，正在重试',
    route: '路由', methods: '方法', path: '路径', price: '价格', chains: '链', free: '免费', off: '停用',
    upTo: '最多', least: '最少', per: '每', byte: '字节', second: '秒', reported: '上报单位', version: '费率版本',
    channel: '通道', payer: '付款方', funds: '资金', authorised: '已授权', metered: '已计量',
    settled: '已结算', held: '待结算', lost: '损失', room: '未使用', share: '占比', time: '时间', amount: 'USDC',
    total: '通道累计', provider: '提供方', purpose: '用途', status: '状态', transaction: '交易哈希',
    nonce: 'Nonce', gas: 'Gas', what: '类型', detail: '详情', who: '操作者', subject: '对象', disorder: '次序异常' },
}
let language = navigator.language.startsWith('zh') ? 'zh' : 'en'
let last
const t = (key) => words[language][key]

function el(name, attributes, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes || {})) node[key] = value
  node.append(...children)
  return node
}
/** Atomic units to USDC, exactly: all digits, grouped, trailing zeros beyond cents left out. */
function usdc(atomic) {
  const minus = atomic.startsWith('-')
  const digits = (minus ? atomic.slice(1) : atomic).padStart(7, '0')
  let fraction = digits.slice(-6)
  while (fraction.length > 2 && fraction.endsWith('0')) fraction = fraction.slice(0, -1)
  return (minus ? '-' : '') + BigInt(digits.slice(0, -6)).toLocaleString('en') + '.' + fraction
}
const short = (id) => el('span', { title: id }, id.length > 20 ? id.slice(0, 8) + '…' + id.slice(-6) : id)
const time = (iso) => new Date(iso).toLocaleTimeString(language, { hour12: false })
const n = (text) => ({ className: 'n', text })
const id = (text) => ({ className: 'id', text: text ? short(text) : '–' })

function table(title, heads, rows) {
  const cells = (tag, items) => items.map((item) => {
    const cell = item !== null && typeof item === 'object' && 'text' in item && !(item instanceof Node) ? item : { text: item }
    return el(tag, { className: cell.className || '' }, cell.text)
  })
  const body = rows.length === 0
    ? el('p', { className: 'none' }, t('none'))
    : el('table', {}, el('thead', {}, el('tr', {}, ...cells('th', heads))),
        el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells('td', row)))))
  return el('section', {}, el('h2', {}, title), el('div', {}, body))
}
function price(rate) {
  if (rate === null) return t('free')
  const { rule, version } = rate
  const card = ' (' + t('version') + ' ' + version + ')'
  if (rule.kind === 'flat') return usdc(rule.amount) + card
  const least = rule.minimum ? ', ' + t('least') + ' ' + usdc(rule.minimum) : ''
  return usdc(rule.unitAmount) + ' ' + t('per') + ' ' + rule.per + ' ' + t(rule.unit) + least + ', ' + t('upTo') + ' ' + usdc(rule.max) + card
}
function bar(channel) {
  const whole = BigInt(channel.authorised)
  const part = (name) => {
    const width = whole === 0n ? 0 : Number((BigInt(channel[name]) * 10000n) / whole) / 100
    const node = el('i', { className: name, title: t(name) + ' ' + usdc(channel[name]) })
    node.style.width = width + '%'
    return node
  }
  const label = ['settled', 'held', 'lost'].map((name) => t(name) + ' ' + usdc(channel[name])).join(', ')
  const node = el('div', { className: 'bar', role: 'img', ariaLabel: label })
  node.append(part('settled'), part('held'), part('lost'))
  return node
}
function legend() {
  const items = ['settled', 'held', 'lost', 'room'].flatMap((name) => [el('i', { className: name }), t(name)])
  return el('p', { className: 'key' }, ...items)
}
function channels(all) {
  const section = table(t('channels'),
    [t('channel'), t('payer'), n(t('funds')), n(t('authorised')), n(t('metered')), n(t('settled')), n(t('held')), t('share')],
    all.map((c) => [id(c.id), id(c.payer), n(usdc(c.funds)), n(usdc(c.authorised)), n(usdc(c.metered)), n(usdc(c.settled)),
      n(usdc(c.held)), c.inOrder ? bar(c) : { className: 'bad', text: t('disorder') }]))
  section.append(legend())
  return section
}
function render(data) {
  document.documentElement.lang = language
  document.getElementById('language').textContent = language === 'en' ? '中文' : 'English'
  document.getElementById('main').replaceChildren(
    table(t('routes'), [t('route'), t('methods'), t('path'), t('price'), t('chains')],
      data.routes.map((r) => [r.id, r.methods.join(' '), { className: 'id', text: r.path }, r.enabled ? price(r.rate) : t('off'), r.chainIds.join(' ')])),
    channels(data.channels),
    table(t('payments'), [t('time'), t('channel'), t('provider'), t('route'), n(t('amount')), n(t('total'))],
      data.payments.map((p) => [time(p.at), id(p.channelId), p.providerId || '–', p.routeId || '–', n(usdc(p.amount)), n(p.cumulative === null ? '–' : usdc(p.cumulative))])),
    table(t('settlements'), [t('time'), t('purpose'), t('status'), n(t('channels')), n(t('amount')), n(t('nonce')), n(t('gas')), t('transaction')],
      data.settlements.map((s) => [time(s.at), s.purpose, { className: s.status === 'failed' ? 'bad' : '', text: s.status }, n(s.channels), n(usdc(s.amount)), n(s.nonce === null ? '–' : s.nonce), n(s.gasUsed === null ? '–' : s.gasUsed), id(s.transaction)])),
    table(t('incidents'), [t('time'), t('what'), t('detail')],
      data.incidents.map((i) => [time(i.at), { className: 'bad', text: i.what }, Object.entries(i.detail).map(([k, v]) => k + ' ' + v).join(', ')])),
    table(t('audit'), [t('time'), t('who'), t('what'), t('subject')],
      data.audit.map((a) => [time(a.at), a.actor, a.action, a.subject])))
}
function say(key, className) {
  const state = document.getElementById('state')
  state.className = className
  // Set only when it changes: it is read out.
  if (state.textContent !== t(key)) state.textContent = t(key)
}
async function refresh() {
  try {
    const response = await fetch('/overview.json' + location.search)
    if (!response.ok) throw new Error()
    const text = await response.text()
    if (text !== last) {
      last = text
      render(JSON.parse(text))
    }
    say('live', '')
  } catch {
    say('down', 'bad')
  }
  setTimeout(refresh, 2000)
}
document.getElementById('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en'
  if (last) render(JSON.parse(last))
})
refresh()
`
