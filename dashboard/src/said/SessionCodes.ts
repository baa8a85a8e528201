import type { sessionMode } from '@pbstream/core/errors/SessionMode'
import type { ChineseOf } from './Chinese.ts'

/** What can be wrong with a session: opening one, its requests, its leases. */
export const sessionCodes: ChineseOf<typeof sessionMode> = {
  session_headers_invalid: '签名请求的标头缺失或无法读取。',
  session_payment_conflict: '请求使用了两种付款方式。请只用一种。',
  session_expiry_invalid: '会话的结束时间在过去，或过晚。最长 24 小时，且不晚于会话密钥的到期时间。',
  session_nonce_invalid: '随机数不属于此网关，或已超过一分钟。请重新获取并签名。',
  session_open_signature_invalid: '开启会话的签名不是由通道的付款授权方签署。',
  session_token_invalid: '会话令牌不属于此网关。请开启新会话。',
  session_expired: '会话已过期。请开启新会话。',
  session_ended: '会话已结束。请开启新会话；如果密钥已停用、冻结或更改，请先处理密钥。',
  session_signature_invalid: '请求不是由其会话签名。',
  session_signature_expired: '请求的签名此刻无效。请按当前时间重新签名。',
  price_above_maximum: '价格高于请求的上限。如愿付款，请提高上限并重新签名。',
  session_room_short: '会话余量不足。请签署更高的凭证；资金不足时先存款。',
  receipt_unknown: '通道没有此请求的扣款。收据可在一天内获取。',
  session_nonce_used: '随机数已开启过会话。请重新获取并签名。',
  session_leases_out: '通道的租约尚未结束。请等待几秒后再申请退款。',
  lease_elsewhere: '租约不在此处。没有扣款；请去掉租约并重新签名。',
}
