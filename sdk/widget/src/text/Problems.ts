/**
 * What the refusals of the service mean for a person, by `code` of the problem. Loaded with the first of them. Codes that
 * are not here are said in the words of the service where it speaks the language, and by their name.
 */
import type { Locale } from './Locale.ts'

const MISTAKE = {
  en: 'This page and the service do not understand each other. Nothing was changed. Tell the people of the site.',
  zh: '此页面与服务之间的数据不符，没有任何更改。请告知网站的人员。',
}
const RELOAD = {
  en: 'The key has changed meanwhile. Look at how it stands now, then try again.',
  zh: '密钥的状态已经改变。请查看当前状态，然后重试。',
}
const USED = {
  en: 'This was authorised before, or the key is in use already. Begin again to make a new one.',
  zh: '此授权之前已经提交，或该密钥已在使用。请重新开始以生成新的授权。',
}
const OTHER_SIGNER = {
  en: 'The signature is not by the account that is shown, or it is too old. Nothing was changed; sign again with that account.',
  zh: '签名不是由所示账户作出，或已过期。没有任何更改；请用该账户重新签名。',
}

export const problems: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
  validation_failed: {
    en: 'The service does not take some of the values. Nothing was changed.',
    zh: '服务不接受其中的某些值。没有任何更改。',
  },
  malformed_body: MISTAKE,
  malformed_query: MISTAKE,
  unsupported_media_type: MISTAKE,
  payload_too_large: MISTAKE,
  non_canonical_path: MISTAKE,
  method_not_allowed: MISTAKE,
  mode_mismatch: MISTAKE,
  idempotency_key_missing: MISTAKE,
  idempotency_key_reused: MISTAKE,
  idempotency_in_progress: {
    en: 'The same is being done already. Wait a moment, then try again.',
    zh: '相同的操作正在进行。请稍候，然后重试。',
  },
  not_found: {
    en: 'This permission is not there, or this page may no longer read it. You still have it at the service, where you sign in with your wallet.',
    zh: '找不到此授权，或此页面已不能读取它。您仍可在服务处用钱包登录后查看。',
  },
  rate_limited: {
    en: 'Too many requests. Wait a minute, then try again.',
    zh: '请求过于频繁。请等待一分钟，然后重试。',
  },
  temporarily_unavailable: {
    en: 'The service or the network is busy. Try again in a few seconds.',
    zh: '服务或网络繁忙。请几秒后重试。',
  },
  limit_reached: {
    en: 'You have as many session keys as you can have. Revoke one that you no longer need.',
    zh: '您的会话密钥已达上限。请撤销一个不再需要的。',
  },
  chain_not_permitted: {
    en: 'The service grants no keys on this network.',
    zh: '该服务不在此网络上授予密钥。',
  },
  relay_unavailable: {
    en: 'The service sends nothing to this network. Nothing was changed.',
    zh: '该服务无法向此网络提交。没有任何更改。',
  },
  key_permission_invalid: {
    en: 'The contract or the service does not take these limits. Nothing was changed.',
    zh: '合约或服务不接受这些限额。没有任何更改。',
  },
  session_key_beyond_permission: {
    en: 'This goes beyond what your wallet signed.',
    zh: '这超出了您的钱包所签署的范围。',
  },
  signature_refused: OTHER_SIGNER,
  signature_required: OTHER_SIGNER,
  key_signature_invalid: OTHER_SIGNER,
  key_signature_expired: {
    en: 'The signature came too late. Nothing was changed; sign again.',
    zh: '签名已过期。没有任何更改；请重新签名。',
  },
  session_key_exists: USED,
  key_already_registered: USED,
  session_key_conflict: RELOAD,
  key_version_mismatch: RELOAD,
  key_not_frozen: { en: 'The key is not frozen.', zh: '该密钥没有被冻结。' },
  key_not_registered: {
    en: 'The key is not on the network yet. Wait some seconds, then try again.',
    zh: '该密钥尚未在网络上登记。请等待几秒，然后重试。',
  },
  key_already_stopped: { en: 'The key has been stopped before.', zh: '该密钥之前已停用。' },
  key_already_revoked: { en: 'The key was revoked before.', zh: '该密钥之前已撤销。' },
  key_usage_above_maximum: RELOAD,
  key_terms_mismatch: MISTAKE,
  transaction_reverted: {
    en: 'The network refused the transaction. Nothing was changed.',
    zh: '网络拒绝了该交易。没有任何更改。',
  },
}
