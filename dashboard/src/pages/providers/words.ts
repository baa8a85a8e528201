/** Words of providers. */
import { defineWords } from '../../text.ts'

export const w = defineWords({
  providers: { en: 'Providers', zh: '提供方' },
  providersText: {
    en: 'Who sells, and where the money goes. Each has routes, prices and terms of its own.',
    zh: '谁在销售、款项归谁。各有自己的路由、价格和条件。',
  },
  newProvider: { en: 'New provider', zh: '新建提供方' },
  noProviders: { en: 'Sell an API', zh: '出售 API' },
  noProvidersText: {
    en: 'A provider has a name and an address that is paid. Make one, and the next steps are shown: name a host, create a route, set a rate.',
    zh: '提供方有名称和收款地址。创建后会显示后续步骤：添加主机、创建路由、设置价格。',
  },
  name: { en: 'Name', zh: '名称' },
  nameHint: { en: 'For people.', zh: '供人识别。' },
  payTo: { en: 'Paid to', zh: '收款地址' },
  payToHint: {
    en: 'The address that gets the money. Another than your own needs the signature of your wallet, and a later change waits 24 hours.',
    zh: '接收款项的地址。若不是您自己的地址，需要钱包签名；以后更改须等待 24 小时。',
  },
  notAddress: { en: 'Not an address: 0x and 40 hex digits.', zh: '不是地址：0x 加 40 位十六进制。' },
  terms: { en: 'Terms of settlement', zh: '结算条件' },
  termsHint: { en: 'All of it can stay empty: then the deployment says.', zh: '均可留空：由部署方的默认值决定。' },
  withdrawDelay: { en: 'Payers wait for a withdrawal', zh: '付款方提款等待' },
  withdrawDelayHint: {
    en: 'In hours, a quarter of an hour to 30 days. Long enough for you to claim what is earned.',
    zh: '以小时计，15 分钟到 30 天。须足够您领取已赚取的款项。',
  },
  hours: { en: 'h', zh: '小时' },
  settleAmount: { en: 'Settle a channel at', zh: '未结算金额达到即结算' },
  settleAmountHint: {
    en: '1 to 1,000 USDC that are earned and not yet claimed.',
    zh: '已赚取未领取的 1 到 1,000 USDC。',
  },
  settleAmountWrong: { en: 'From 1 to 1,000 USDC.', zh: '须为 1 到 1,000 USDC。' },
  settleAge: { en: 'or when the oldest charge is', zh: '或最早的收费达到' },
  settleAgeHint: {
    en: 'In minutes, 10 to 1440; never above a quarter of the wait for withdrawals.',
    zh: '以分钟计，10 到 1440；不超过提款等待的四分之一。',
  },
  minutes: { en: 'min', zh: '分钟' },
  create: { en: 'Create provider', zh: '创建提供方' },
  created: { en: 'The provider is made.', zh: '提供方已创建。' },
  cancel: { en: 'Cancel', zh: '取消' },
  state: { en: 'State', zh: '状态' },
  on: { en: 'on', zh: '开启' },
  off: { en: 'off', zh: '关闭' },
  pending: { en: 'another address is coming', zh: '即将更换收款地址' },
  since: { en: 'Made', zh: '创建时间' },
})
