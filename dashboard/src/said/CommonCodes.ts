import type { common } from '@pbstream/core/errors/Common'
import type { ChineseOf } from './Chinese.ts'

/** What any endpoint may answer. */
export const commonCodes: ChineseOf<typeof common> = {
  non_canonical_path: '路径不是规范形式。请去掉点段、空段、反斜杠以及编码的斜杠和点。',
  malformed_payment: '无法读取付款标头。',
  malformed_request_id: '请求标识不可用：应为 1 到 255 个可见的 ASCII 字符。',
  body_digest_mismatch: '请求正文与已付款的正文不同。请重新获取报价。',
  malformed_body: '无法使用所提交的内容。请检查后重试。',
  malformed_query: '查询条件不可用。请检查地址栏中的筛选条件。',
  unauthorized: '缺少密钥，或密钥不正确。',
  receiver_proof_invalid: '请求没有收款方的签名。请用收款钱包签名。',
  receiver_proof_expired: '收款方的签名已过期，或时间在未来。请重新签名。',
  method_not_allowed: '此处不支持该方法。',
  request_in_flight: '相同标识的请求正在处理。请等待结果。',
  request_id_used: '相同标识的请求已处理完毕。新的请求请使用新的标识。',
  payload_too_large: '内容过大。请缩短后重试。',
  request_id_mismatch: '该标识属于另一个请求。请使用新的标识。',
  header_too_large: '付款标头过大。',
  upstream_unreachable: '付费墙后面的服务没有响应。没有扣款；请稍后重试。',
}
