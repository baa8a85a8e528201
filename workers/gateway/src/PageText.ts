/** The words of the payable page. */
export type Language = 'en' | 'zh'

const en = {
  title: 'This page is paid',
  intro: 'The service behind this address charges for each request.',
  service: 'Service',
  resource: 'Request',
  price: 'Price',
  upTo: 'Price, at most',
  networks: 'Networks',
  payTo: 'Paid to',
  noWallet: 'No wallet was found in this browser. Install one, or call this address with an x402 client.',
  agentsOnly:
    'The price of this request depends on its use. Call this address with an x402 client that can pay by batch-settlement.',
  agents: 'Programs: the offers are in the PAYMENT-REQUIRED header (x402).',
  script: {
    pay: 'Pay with {wallet}',
    connecting: 'Waiting for the wallet…',
    paying: 'Paying…',
    pending: 'The transfer is under way. It is not charged twice.',
    again: 'Look again',
    paid: 'Paid. Transaction: ',
    served: 'Answered.',
    failed: 'Not paid: ',
    save: 'Save the answer',
    wallet: 'your wallet',
  },
}

const zh: typeof en = {
  title: '此页面需要付费',
  intro: '该地址背后的服务按请求收费。',
  service: '服务',
  resource: '请求',
  price: '价格',
  upTo: '最高价格',
  networks: '网络',
  payTo: '收款方',
  noWallet: '此浏览器中未找到钱包。请安装钱包,或使用 x402 客户端访问此地址。',
  agentsOnly: '此请求的价格取决于用量。请使用支持 batch-settlement 的 x402 客户端访问此地址。',
  agents: '程序:报价在 PAYMENT-REQUIRED 响应头中(x402)。',
  script: {
    pay: '使用 {wallet} 支付',
    connecting: '等待钱包确认…',
    paying: '支付中…',
    pending: '转账正在进行,不会重复扣款。',
    again: '再次查看',
    paid: '已支付。交易:',
    served: '已返回。',
    failed: '未支付:',
    save: '保存结果',
    wallet: '您的钱包',
  },
}

export const texts: { readonly [language in Language]: typeof en } = { en, zh }

/** Chinese for those who prefer it to English; English for everybody else. */
export function languageOf(acceptLanguage: string): Language {
  const ranked = acceptLanguage
    .split(',')
    .map((part, order) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
      const quality = parameters
        .map((parameter) => /^\s*q=([0-9.]+)\s*$/.exec(parameter)?.[1])
        .find((q) => q !== undefined)
      return { tag, order, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ tag, quality }) => quality > 0 && /^(?:zh|en)(?:-|$)/.test(tag))
    .sort((a, b) => b.quality - a.quality || a.order - b.order)
  return ranked[0]?.tag.startsWith('zh') === true ? 'zh' : 'en'
}
