import type { sessionKeys } from '@pbstream/core/errors/SessionKeys'
import type { ChineseOf } from './Chinese.ts'

/** What a session key may not pay, and changes of one that cannot be made. */
export const keyCodes: ChineseOf<typeof sessionKeys> = {
  session_key_stopped: '通道的会话密钥已被停用。请使用其他密钥的通道。',
  session_key_frozen: '会话密钥已冻结。请使用其他密钥，或由所有者解冻。',
  session_key_revoked: '会话密钥已撤销，无法恢复。请使用其他密钥。',
  session_key_not_started: '会话密钥尚未生效。请等待其开始时间。',
  session_key_expired: '会话密钥已过期。请使用其他密钥。',
  session_key_token: '会话密钥不能使用此代币。',
  session_key_payee: '会话密钥不能向此收款方付款。请由所有者允许该收款方。',
  session_key_route: '会话密钥不能为此路由付款。请由所有者允许该路由。',
  session_key_payment_max: '价格高于会话密钥的单笔上限。',
  session_key_spend_cap: '会话密钥的总额度已用完。请由所有者轮换为更高额度的密钥。',
  session_key_period_limit: '会话密钥本周期的额度已用完。请等待下一周期。',
  session_key_exists: '此密钥已在管理之中。请使用现有的会话密钥，或换一个密钥：一个密钥始终只属于一个合约。',
  session_key_conflict: '会话密钥的当前状态不允许此操作。请刷新查看其状态。',
  key_version_mismatch: '签名针对的是会话密钥的另一个版本。请刷新后按链上的版本重新签名。',
  key_not_registered: '会话密钥尚未在链上注册。请先注册。',
  key_already_registered: '会话密钥已在链上注册。',
  key_not_frozen: '会话密钥没有冻结，无需解冻。',
  key_already_revoked: '会话密钥已撤销，无法恢复。请创建新的会话密钥。',
  key_already_stopped: '会话密钥已停用。请解冻，或创建新的会话密钥。',
  key_usage_above_maximum: '会话密钥的用量超出轮换时的预期。请刷新后按当前用量重新签名。',
  session_key_beyond_permission: '此限制超出钱包为链上签署的权限。请轮换为权限更宽的会话密钥。',
  key_permission_invalid: '会话密钥的权限不可用。请更正所指出的内容。',
  key_signature_invalid: '签名者不符合此更改的要求。请用该账户的钱包签署本服务给出的内容。',
  key_signature_expired: '签名已过截止时间。请重新签名。',
  key_terms_mismatch: '会话密钥不允许此通道。请使用权限中的账户、密钥、代币和收款方。',
  key_deposit_above_cap: '存款超出会话密钥的总额度。请减少存款，或创建额度更高的密钥。',
  relay_unavailable: '此链不提供代发交易。请使用有托管合约的链，或自行发送交易。',
}
