/** Words of customers and their terms. */
import { defineWords } from '../../text.ts'

export const w = defineWords({
  customers: { en: 'Customers', zh: '客户' },
  customersText: {
    en: 'What single payers have been promised. Rate cards are public and say what a level is worth; who has one is known to you and the payer only.',
    zh: '对个别付款方的承诺。价目表是公开的，写明等级的倍数；谁有哪个等级只有您和该付款方知道。',
  },
  payer: { en: 'Payer', zh: '付款方' },
  payerHint: { en: 'The address that pays: 0x and 40 hex digits.', zh: '付款的地址：0x 加 40 位十六进制。' },
  notAddress: { en: 'Not an address: 0x and 40 hex digits.', zh: '不是地址：0x 加 40 位十六进制。' },
  level: { en: 'Level', zh: '等级' },
  levelHint: {
    en: 'As your rate cards name it. A card that does not know it goes by the list price.',
    zh: '按价目表中的名称。价目表不认识的等级按标价收费。',
  },
  multiplier: { en: 'Multiplier', zh: '倍数' },
  multiplierHint: {
    en: 'Such as 0.9 for a tenth off; beside that of the level.',
    zh: '例如 0.9 即九折；与等级的倍数相乘。',
  },
  none: { en: 'none', zh: '无' },
  since: { en: 'Changed', zh: '更改时间' },
  edit: { en: 'Edit', zh: '编辑' },
  editOf: { en: 'Edit the terms of {payer}', zh: '编辑 {payer} 的条件' },
  add: { en: 'Give terms', zh: '设置条件' },
  remove: { en: 'Take terms away', zh: '取消条件' },
  removeText: { en: '{payer} will pay the list price again, within 10 seconds.', zh: '{payer} 将在 10 秒内恢复标价。' },
  removed: { en: 'The list price holds again.', zh: '已恢复标价。' },
  save: { en: 'Save', zh: '保存' },
  saved: { en: 'Saved. Gateways follow within 10 seconds.', zh: '已保存。网关会在 10 秒内生效。' },
  cancel: { en: 'Cancel', zh: '取消' },
  noCustomers: { en: 'Everybody pays the list price', zh: '所有人按标价付款' },
  noCustomersText: {
    en: 'Give a payer a level (worth what your rate cards say) or a multiplier of its own.',
    zh: '可以给付款方一个等级（倍数由价目表决定）或专属倍数。',
  },
})
