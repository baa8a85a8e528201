import type { origin } from '@pbstream/core/errors/Origin'
import type { sentinel } from '@pbstream/core/errors/Sentinel'
import type { standalone } from '@pbstream/core/errors/Standalone'
import type { ChineseOf } from './Chinese.ts'

/** What Sentinel refuses, and what a provider's own server is told. */
export const otherCodes: ChineseOf<typeof sentinel & typeof standalone & typeof origin> = {
  sentinel_blocked: '规则拒绝了此调用。没有扣款；规则的制定者可以更改规则。',
  sentinel_frozen: '会话密钥已被规则停用。没有扣款；请由密钥所有者或规则制定者解除停用。',
  sentinel_signature_required: '会话密钥需要确认。没有扣款；请由密钥所有者或规则制定者用新的签名确认。',
  sentinel_throttled: '规则限制了此会话密钥的速度。没有扣款；请稍候。',
  spend_breaker_open: '会话密钥的支出快于预算。没有扣款；请稍候。',
  upstream_breaker_open: '付费墙后面的服务出现故障，暂不调用。本次没有扣款；请稍候。',
  payment_unknown: '没有此付款。',
  payment_ended: '付款已结束，未产生此扣款。请重新授权。',
  payment_captured: '付款已按另一金额收取。一笔付款只能收取一次。',
  payment_above_ceiling: '金额高于已授权的上限。',
  payment_token_invalid: '付款令牌不属于此请求。请通过网关发送请求。',
  payment_token_replayed: '付款令牌已使用过。请再次通过网关发送请求。',
  origin_price_mismatch: '网关的售价低于服务器的要价。没有扣款；提供方须让两处价格一致。',
  origin_body_unavailable: '服务器看不到已付款的原始正文。没有扣款；提供方须为付费墙保留原始正文。',
}
