/** What is told, in the words of a language. Payers and keys are shortened; nothing in here is secret. */
import type { Severity } from '@pbstream/core/Alert'
import type { Language } from '@pbstream/core/message/AlertChannels'
import type { IncidentEvent } from '@pbstream/core/message/Event'
import type { DecisionRow, StopRow } from '@pbstream/core/message/Sentinel'
import type { BreakerNews } from '@pbstream/sentinel-scope/Port'

export type Text = { readonly title: string; readonly text: string }
export type Words = Readonly<Record<Language, Text>>

const actions = {
  en: {
    allow: 'allowed',
    alert: 'noticed',
    throttle: 'slowed down',
    require_signature: 'stopped until signed for',
    block: 'refused',
    freeze: 'frozen',
    breaker: 'breaker',
  },
  zh: {
    allow: '放行',
    alert: '提醒',
    throttle: '限速',
    require_signature: '已暂停，需重新签名',
    block: '已拒绝',
    freeze: '已冻结',
    breaker: '熔断器',
  },
} as const

/** What is known beside a decision: the key that it is about, by its address, and what people call the rule. */
export type Beside = { readonly key?: string | undefined; readonly name?: string | undefined }

export function decision(row: DecisionRow, { key, name = row.cause ?? row.rule }: Beside): Words {
  const facts = (words: Facts) =>
    lines([[words.key, key === undefined ? '' : short(key)], ...factsOf(row, words, name)])
  return {
    en: { title: `${name}: ${actions.en[row.action]}`, text: facts(en) },
    zh: { title: `${name}：${actions.zh[row.action]}`, text: facts(zh) },
  }
}

const en = { key: 'key', route: 'route', amount: 'amount', country: 'country', rule: 'rule', why: 'because' }
const zh = { key: '密钥', route: '路由', amount: '金额', country: '国家', rule: '规则', why: '原因' }
type Facts = typeof en

/** What the rule saw, and of which call. */
function factsOf({ rule, version, call, hits, breaker }: DecisionRow, words: Facts, name: string): [string, string][] {
  const inputs = Object.entries(hits.find((hit) => hit.rule === rule)?.inputs ?? {})
    .map(([variable, value]) => `${variable} = ${value}`)
    .join(', ')
  return [
    [words.why, breaker === undefined ? inputs : `${breaker.spent} / ${breaker.budget}`],
    [words.route, call?.routeId ?? ''],
    [words.amount, call?.amount ?? ''],
    [words.country, call?.country ?? ''],
    [words.rule, name === rule ? `${rule} v${version}` : `${name} (${rule} v${version})`],
  ]
}

/** `decision`: the one that it began with, if it is at hand. */
export function stop(
  { id, kind, rule, version, cause, releasedAt, releasedBy, reason }: StopRow,
  { key, name = cause ?? rule, decision: begun }: Beside & { key: string; decision?: DecisionRow | undefined },
): Words {
  const isOver = releasedAt !== undefined
  const facts = (words: Facts, by: string, why: string) =>
    lines([
      [words.key, short(key)],
      ...(begun !== undefined && !isOver
        ? factsOf(begun, words, name)
        : [[words.rule, name === rule ? `${rule} v${version}` : `${name} (${rule} v${version})`] as const]),
      [by, releasedBy ?? ''],
      [why, reason ?? ''],
      ['id', id],
    ])
  const what = kind === 'frozen' ? { en: 'frozen', zh: '已冻结' } : { en: 'signature needed', zh: '等待签名' }
  return {
    en: {
      title: isOver ? `Key ${short(key)} goes on` : `Key ${short(key)} ${what.en}: ${name}`,
      text: facts(en, 'released by', 'reason'),
    },
    zh: {
      title: isOver ? `密钥 ${short(key)} 已恢复` : `密钥 ${short(key)} ${what.zh}：${name}`,
      text: facts(zh, '解除者', '理由'),
    },
  }
}

export function breaker({ subject, phase, cause, until, by }: BreakerNews): Words {
  const time = until === null ? '' : `${new Date(until).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const isClosed = phase === 'closed'
  return {
    en: {
      title: `Breaker ${subject} ${isClosed ? 'closed' : 'opened'}`,
      text: lines([
        ['because', cause],
        ['by', by === 'person' ? 'a person' : 'Sentinel'],
        ['probes from', time],
      ]),
    },
    zh: {
      title: `熔断器 ${subject} 已${isClosed ? '关闭' : '打开'}`,
      text: lines([
        ['原因', cause],
        ['操作者', by === 'person' ? '人工' : 'Sentinel'],
        ['开始探测', time],
      ]),
    },
  }
}

export function incident({ what, detail }: IncidentEvent): Words {
  const text = lines(Object.entries(detail).map(([name, value]) => [name, hidden.test(name) ? '…' : short(value)]))
  return {
    en: { title: `Incident: ${what.replaceAll('_', ' ')}`, text },
    zh: { title: `事件：${what}`, text },
  }
}

/** Members of incidents that name a person. */
const hidden = /payer|session/i

const severe: Partial<Record<IncidentEvent['what'], Severity>> = {
  money_lost: 'critical',
  deposit_reorged: 'critical',
  lane_reorged: 'high',
  withdrawal_lost: 'critical',
  gas_low: 'high',
  gas_budget: 'high',
  receiver_blocked: 'high',
  claim_dead_letter: 'high',
  event_dead_letter: 'high',
  unknown_message: 'high',
}

export function severityOf({ what }: IncidentEvent): Severity {
  return severe[what] ?? 'medium'
}

export function deadLetter(message: string): Words {
  return {
    en: { title: 'Sentinel could not take in a message', text: lines([['message', message]]) },
    zh: { title: 'Sentinel 无法处理一条消息', text: lines([['消息', message]]) },
  }
}

export function test(name: string): Words {
  return {
    en: { title: 'A test of this channel', text: `Alerts of "${name}" come here.` },
    zh: { title: '渠道测试', text: `“${name}”的告警将发送到这里。` },
  }
}

export function confirmation(code: string): Words {
  return {
    en: {
      title: 'Confirm this address',
      text: `The code is ${code}. Somebody wants alerts of PB-Stream sent here; if it was not you, do nothing.`,
    },
    zh: { title: '确认此邮箱', text: `验证码：${code}。有人希望将 PB-Stream 告警发送到此邮箱；若非本人操作，请忽略。` },
  }
}

/** Long identifiers by their ends. */
export function short(text: string): string {
  return text.replaceAll(/0x[0-9a-fA-F]{12,}/g, (hex) => `${hex.slice(0, 6)}…${hex.slice(-4)}`)
}

function lines(facts: readonly (readonly [name: string, value: string])[]): string {
  return facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}
