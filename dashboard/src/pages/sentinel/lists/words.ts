import { defineWords } from '../../../text.ts'

export const w = defineWords({
  hint: {
    en: 'Lists hold values that conditions ask about: “country in list.home”. Each change is in force at once, without a draft. At most 20 lists of 1,000 entries.',
    zh: '名单保存条件所引用的值，例如“country in list.home”。更改立即生效，无需草稿。最多 20 个名单，每个 1,000 个条目。',
  },
  newList: { en: 'New list', zh: '新建名单' },
  name: { en: 'Name', zh: '名称' },
  nameHint: {
    en: 'Small letters, digits and _, at most 32. Conditions call it list.<name>.',
    zh: '小写字母、数字和 _，最多 32 个字符。条件中写作 list.<名称>。',
  },
  nameWrong: {
    en: 'Begin with a small letter; then small letters, digits and _.',
    zh: '以小写字母开头，仅含小写字母、数字和 _。',
  },
  nameTaken: { en: 'There is a list of this name.', zh: '已有同名名单。' },
  make: { en: 'Make the list', zh: '创建名单' },
  made: { en: 'List {name} is there.', zh: '名单 {name} 已创建。' },
  emptyTitle: { en: 'No lists yet', zh: '暂无名单' },
  emptyText: {
    en: 'Make a list of what you know: your own countries, receivers that are fine, networks to keep away. Then ask about it in a rule.',
    zh: '把您已知的内容做成名单：常用国家/地区、可信收款方、需要阻止的网络，然后在规则中引用。',
  },
  entries: { en: '{n} {n|entry|entries}', zh: '{n} 个条目' },
  usedBy: { en: 'Asked about by', zh: '被引用于' },
  unused: { en: 'No rule asks about it.', zh: '没有规则引用。' },
  value: { en: 'Value', zh: '值' },
  values: { en: 'Values, one a line', zh: '值，每行一个' },
  valuesHint: {
    en: 'At most 256 characters each. One that is there gets the new end.',
    zh: '每个最多 256 个字符。已存在的值会更新到期时间。',
  },
  ends: { en: 'Ends', zh: '到期' },
  never: { en: 'never', zh: '永不' },
  expired: {
    en: 'expired: it no longer counts, and goes with the next change',
    zh: '已过期：不再起作用，下次更改时移除',
  },
  until: { en: 'Until (optional)', zh: '到期时间（可选）' },
  past: { en: 'A time to come.', zh: '请选择将来的时间。' },
  addEntries: { en: 'Add entries', zh: '添加条目' },
  added: { en: '{n} {n|entry|entries} added.', zh: '已添加 {n} 个条目。' },
  none: { en: 'Write at least one value.', zh: '请至少填写一个值。' },
  tooLong: { en: '“{value}” is longer than 256 characters.', zh: '“{value}”超过 256 个字符。' },
  take: { en: 'Take out', zh: '移除' },
  taken: { en: '{value} is taken out.', zh: '{value} 已移除。' },
  delete: { en: 'Delete the list', zh: '删除名单' },
  deleted: { en: 'List {name} is deleted.', zh: '名单 {name} 已删除。' },
  inUse: { en: 'Rules ask about this list, so it cannot be deleted.', zh: '有规则引用此名单，无法删除。' },
  empty: { en: 'The list is empty: nothing is in it.', zh: '名单为空。' },
})
