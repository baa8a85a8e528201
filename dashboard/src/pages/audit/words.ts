/** Words of the page about the audit. */
import { defineWords } from '../../text.ts'

export const flawWords = defineWords({
  edited: { en: 'Entry {seq} is not as it was written.', zh: '第 {seq} 条记录已被修改。' },
  missing: { en: 'Entry {seq} is missing.', zh: '第 {seq} 条记录缺失。' },
  unlinked: {
    en: 'Entry {seq} does not follow from the one before: something was put in or taken out there.',
    zh: '第 {seq} 条记录与前一条不相接：此处有记录被插入或删除。',
  },
  head_lost: {
    en: 'Entry {seq} was once the newest, and is no longer what it was: the end of the chain was cut off or written anew.',
    zh: '第 {seq} 条曾是最新记录，但已与当时不同：链的末尾被截断或改写。',
  },
})

export const w = defineWords({
  title: { en: 'Audit', zh: '审计' },
  intro: {
    en: 'Who changed what in this mode, newest first. Each entry holds the hash of the one before, so a change of the past shows.',
    zh: '当前模式下谁更改了什么，最新在前。每条记录包含前一条的哈希，因此对过去的改动会暴露。',
  },
  action: { en: 'Action', zh: '操作' },
  subject: { en: 'Done to', zh: '对象' },
  subjectHint: { en: 'The whole id', zh: '完整 ID' },
  filter: { en: 'Filter', zh: '筛选' },
  seeAll: { en: 'See all', zh: '查看全部' },
  seq: { en: 'No.', zh: '序号' },
  time: { en: 'Time', zh: '时间' },
  actor: { en: 'By', zh: '操作者' },
  you: { en: 'you, signed in', zh: '您（登录操作）' },
  byKey: { en: 'API key', zh: 'API 密钥' },
  platform: { en: 'the platform', zh: '平台' },
  detail: { en: 'Detail', zh: '详情' },
  show: { en: 'Show detail of entry {seq}', zh: '显示第 {seq} 条的详情' },
  showShort: { en: 'Show', zh: '显示' },
  one: { en: 'Entry {seq}', zh: '第 {seq} 条' },
  hash: { en: 'Hash', zh: '哈希' },
  prev: { en: 'Hash of the entry before', zh: '前一条的哈希' },
  close: { en: 'Close', zh: '关闭' },
  emptyTitle: { en: 'Nothing was changed yet', zh: '还没有任何更改' },
  emptyText: {
    en: 'Every change by you, your API keys and the service is written here in the same step as it is made.',
    zh: '您、您的 API 密钥以及服务所做的每项更改，都会在执行的同时记录在此。',
  },
  emptyFiltered: { en: 'No entry fits', zh: '没有符合条件的记录' },
  emptyFilteredText: {
    en: 'Action and subject have to be whole, as they stand in the list.',
    zh: '操作和对象须与列表中的内容完全一致。',
  },
  verifyTitle: { en: 'Verify', zh: '校验' },
  verifyHint: {
    en: 'Recomputes every hash from the first entry on. Whoever can write everything in the database could write the whole chain anew: that shows only against a head that you kept elsewhere.',
    zh: '从第一条开始重新计算所有哈希。若有人能改写整个数据库，则可能重写整条链；只有与您在别处保存的链头比对才能发现。',
  },
  verify: { en: 'Verify the audit', zh: '校验审计记录' },
  kept: { en: 'A head that you kept (optional)', zh: '您保存的链头（可选）' },
  keptHint: { en: 'Paste the text of the file, or the number and the hash.', zh: '粘贴文件内容，或序号和哈希。' },
  keptWrong: {
    en: 'This is no head. It has a number and a hash of 64 hexadecimal digits.',
    zh: '这不是链头。链头由序号和 64 位十六进制哈希组成。',
  },
  checking: { en: '{n} {n|entry|entries} checked', zh: '已校验 {n} 条' },
  good: {
    en: 'All {n} {n|entry|entries} are as they were written.',
    zh: '全部 {n} 条记录均与写入时一致。',
  },
  goodKept: {
    en: 'All {n} {n|entry|entries} are as they were written, and the head that you kept is among them.',
    zh: '全部 {n} 条记录均与写入时一致，且包含您保存的链头。',
  },
  bad: {
    en: 'The audit was changed after it was written. Keep this page and tell the operator of the service; do not rely on entries from the first fault on.',
    zh: '审计记录在写入后被改动。请保留本页面并告知服务运营方；从第一处问题起的记录不可采信。',
  },
  moreFlaws: { en: 'There may be more faults than are shown.', zh: '可能还有未显示的问题。' },
  head: { en: 'The head now', zh: '当前链头' },
  keep: { en: 'Keep the head as a file', zh: '将链头保存为文件' },
  keepHint: {
    en: 'Put it where nobody who runs this service can write. Held against the chain later, it shows that nothing before it was changed.',
    zh: '请存放在本服务运营方无法写入的地方。日后用它比对，即可证明其之前的内容未被改动。',
  },
  file: { en: 'Whole audit', zh: '完整审计记录' },
})

/** A fault of the chain in words. */
export function flawText(what: keyof typeof flawWords, seq: number): string {
  return flawWords[what]({ seq: String(seq) })
}
