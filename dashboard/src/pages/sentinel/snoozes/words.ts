import { defineWords } from '../../../text.ts'

export const w = defineWords({
  hint: {
    en: 'While a rule is snoozed for a key, it is recorded what the rule would do, and nothing is done. For a week at most.',
    zh: '规则对某密钥静默期间，只记录本会执行的动作而不执行。最长一周。',
  },
  session: { en: 'Key', zh: '密钥' },
  sessionHintOwn: {
    en: 'A session key of yours (sk_…), or a session as decisions name it.',
    zh: '您的会话密钥（sk_…），或判定记录中的会话名称。',
  },
  sessionHintProvider: {
    en: 'A session that paid this provider, as decisions name it.',
    zh: '向此提供方付过款的会话，与判定记录中的名称一致。',
  },
  look: { en: 'Show its snoozes', zh: '查看静默' },
  of: { en: 'Snoozes of {session}', zh: '{session} 的静默' },
  rule: { en: 'Rule', zh: '规则' },
  whose: { en: 'Whose rule', zh: '规则归属' },
  left: { en: 'For', zh: '剩余' },
  end: { en: 'End now', zh: '立即结束' },
  ended: { en: 'Rule {rule} acts on the key again.', zh: '规则 {rule} 已恢复对该密钥生效。' },
  none: { en: 'No rule is snoozed for this key: every one acts on it.', zh: '没有对此密钥静默的规则：全部生效。' },
  add: { en: 'Snooze a rule', zh: '静默一条规则' },
  ofPlatform: { en: 'A rule of the platform (needs your wallet)', zh: '平台规则（需要钱包签名）' },
  platformHint: {
    en: 'Its id, as decisions name it. Your wallet signs, so that a thief with your session cannot switch off what is to stop him.',
    zh: '填写判定记录中的 ID。需要钱包签名，以防他人盗用您的登录来关闭防护。',
  },
  time: { en: 'For', zh: '时长' },
  hour: { en: 'an hour', zh: '1 小时' },
  day: { en: 'a day', zh: '1 天' },
  week: { en: 'a week', zh: '1 周' },
  done: { en: 'Rule {rule} rests for the key.', zh: '规则 {rule} 已对该密钥静默。' },
  needed: { en: 'Name the rule.', zh: '请填写规则。' },
  emptyTitle: { en: 'Choose a key', zh: '选择密钥' },
  emptyText: {
    en: 'Snoozes belong to one key each. Name it above, or open one of its stops: releasing a stop snoozes its rule.',
    zh: '静默针对单个密钥。请在上方填写密钥，或打开它的停用记录：恢复密钥时会静默对应规则。',
  },
})
