/** Words that all pages of Sentinel share. */
import { defineWords, type Words, say } from '../../text.ts'
import type { Action, Severity, State } from './Types.ts'

const ACTIONS: Record<Action | 'breaker', Words> = {
  allow: { en: 'Allow', zh: '放行' },
  alert: { en: 'Alert', zh: '告警' },
  throttle: { en: 'Slow down', zh: '限速' },
  require_signature: { en: 'Ask for a signature', zh: '要求签名' },
  block: { en: 'Block', zh: '拦截' },
  freeze: { en: 'Freeze', zh: '冻结' },
  breaker: { en: 'Money breaker', zh: '金额熔断' },
}

const EXPLAINED: Record<Action, Words> = {
  allow: {
    en: 'The call is served. Among rules of which the first match decides, it ends the search.',
    zh: '调用照常进行。在“首个匹配”组中，它会结束匹配。',
  },
  alert: { en: 'The call is served, and your alert channels are told.', zh: '调用照常进行，并通知您的告警渠道。' },
  throttle: {
    en: 'The call is refused, and the key is told to come back after some seconds.',
    zh: '拒绝该调用，并告知密钥若干秒后再试。',
  },
  require_signature: {
    en: 'The key is stopped until a wallet confirms it with a signature.',
    zh: '密钥被停用，直到钱包签名确认。',
  },
  block: { en: 'This call is refused. The next one is judged anew.', zh: '拒绝本次调用；下一次调用重新判断。' },
  freeze: {
    en: 'The key is stopped and its sessions end, until somebody releases it and says why.',
    zh: '密钥被停用，会话结束，直到有人解除并说明原因。',
  },
}

const SEVERITIES: Record<Severity, Words> = {
  info: { en: 'Info', zh: '信息' },
  low: { en: 'Low', zh: '低' },
  medium: { en: 'Medium', zh: '中' },
  high: { en: 'High', zh: '高' },
  critical: { en: 'Critical', zh: '严重' },
}

const STATES: Record<State, Words> = {
  enabled: { en: 'Live', zh: '生效' },
  shadow: { en: 'Shadow', zh: '影子' },
  off: { en: 'Off', zh: '关闭' },
}

const EFFECTS: Record<string, Words> = {
  done: { en: 'Done', zh: '已执行' },
  shadow: { en: 'Shadow: not done', zh: '影子：未执行' },
  snoozed: { en: 'Snoozed: not done', zh: '已静默：未执行' },
  failed: { en: 'No value', zh: '无法求值' },
}

/** What a newer service may say and this page does not know is shown as it came. */
function known(table: Record<string, Words>, name: string): string {
  const words = Object.hasOwn(table, name) ? table[name] : undefined
  return words === undefined ? name : say(words)
}

export const actionName = (action: string) => known(ACTIONS, action)
export const actionExplained = (action: Action) => say(EXPLAINED[action])
export const severityName = (severity: string) => known(SEVERITIES, severity)
export const stateName = (state: string) => known(STATES, state)
export const effectName = (effect: string) => known(EFFECTS, effect)

/** The scope of a rule or stop, in words of whoever looks. */
export function scopeName(scope: string): string {
  if (scope === 'platform') return w.ofPlatform()
  if (scope === 'owner') return w.ofOwner()
  return w.ofProvider({ id: scope.replace(/^provider:/, '') })
}

export const w = defineWords({
  decisions: { en: 'Decisions', zh: '判定记录' },
  rules: { en: 'Rules', zh: '规则' },
  lists: { en: 'Lists', zh: '名单' },
  budget: { en: 'Budget', zh: '预算' },
  backtest: { en: 'Backtest', zh: '回测' },
  history: { en: 'History', zh: '历史' },
  snoozes: { en: 'Snoozes', zh: '静默' },
  breakers: { en: 'Breakers', zh: '熔断器' },
  stops: { en: 'Stops', zh: '停用' },
  alerts: { en: 'Alerts', zh: '告警' },
  sections: { en: 'Pages about rules', zh: '规则相关页面' },
  ofPlatform: { en: 'Platform', zh: '平台' },
  ofOwner: { en: 'Owner', zh: '所有者' },
  ofProvider: { en: 'Provider {id}', zh: '提供方 {id}' },
  rule: { en: 'Rule', zh: '规则' },
  version: { en: 'version {n}', zh: '第 {n} 版' },
  time: { en: 'Time', zh: '时间' },
  key: { en: 'Key', zh: '密钥' },
  action: { en: 'Action', zh: '动作' },
  severity: { en: 'Severity', zh: '严重程度' },
  reason: { en: 'Reason', zh: '原因' },
  cancel: { en: 'Cancel', zh: '取消' },
  save: { en: 'Save', zh: '保存' },
  remove: { en: 'Remove', zh: '移除' },
  add: { en: 'Add', zh: '添加' },
  all: { en: 'All', zh: '全部' },
  none: { en: 'None', zh: '无' },
  yes: { en: 'yes', zh: '是' },
  no: { en: 'no', zh: '否' },
  reasonHint: { en: 'It is written into the audit log.', zh: '会写入审计日志。' },
  reasonNeeded: { en: 'Say why, in a few words.', zh: '请简要说明原因。' },
})
