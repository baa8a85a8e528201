/** Words of the limits editor. */
import { defineWords } from '../../text.ts'

export const editWords = defineWords({
  title: { en: 'Edit limits', zh: '编辑限额' },
  name: { en: 'Name', zh: '名称' },
  payees: { en: 'Payees', zh: '收款方' },
  routes: { en: 'Routes', zh: '路由' },
  spendCap: { en: 'In all', zh: '总额' },
  periodAmount: { en: 'In each period', zh: '每个周期' },
  periodDuration: { en: 'Period', zh: '周期' },
  perPaymentMax: { en: 'For one payment', zh: '单笔付款' },
  expiry: { en: 'End', zh: '到期时间' },
  none: { en: 'no limit', zh: '无限制' },
  anyRoute: { en: 'any', zh: '任何' },
  intro: {
    en: 'What makes the key do less is in force when you save. What lets it do more needs your wallet first.',
    zh: '收紧限额保存后立即生效；放宽限额需要先由钱包确认。',
  },
  beyond: {
    en: 'A key of the escrow never gets more than its permission that you signed. For more, rotate it.',
    zh: '托管合约中的密钥不会超出您签署的授权。如需更多，请轮换密钥。',
  },
  newWindow: {
    en: 'Another period cuts new windows; what the last one used is kept in mind.',
    zh: '更改周期会重新划分窗口，上一个窗口的用量会计入。',
  },
  nothing: { en: 'Nothing is changed yet.', zh: '尚未更改任何内容。' },
  tightens: { en: 'In force when you save, without the wallet: {fields}.', zh: '保存后立即生效，无需钱包：{fields}。' },
  needsWallet: {
    en: 'Your wallet will be asked, because the key may do more: {fields}.',
    zh: '将请求钱包确认，因为密钥权限变大：{fields}。',
  },
  save: { en: 'Save', zh: '保存' },
  saveSigned: { en: 'Sign and save', zh: '签名并保存' },
  saved: { en: 'The limits of {name} are in force.', zh: '{name} 的限额已生效。' },
  cancel: { en: 'Cancel', zh: '取消' },
  conflict: {
    en: 'This key was changed since you opened the form. Nothing of yours is saved yet.',
    zh: '打开表单后，此密钥已被更改。您的更改尚未保存。',
  },
  conflictOther: {
    en: 'Its limits are as you saw them: only its status or its key on chain has changed.',
    zh: '限额与您看到的一致：仅状态或链上信息发生了变化。',
  },
  conflictTable: { en: 'What has changed', zh: '发生的更改' },
  field: { en: 'Field', zh: '字段' },
  was: { en: 'Was', zh: '原值' },
  theirs: { en: 'Is now', zh: '现值' },
  mine: { en: 'Yours', zh: '您的值' },
  untouched: { en: 'as it is now', zh: '保持现值' },
  keepMine: { en: 'Put my changes on top', zh: '在最新版本上应用我的更改' },
  takeTheirs: { en: 'Drop mine, show what is in force', zh: '放弃我的更改，显示现行限额' },
})
