import { defineWords } from '../text.ts'

/** What to do about the refusals that people meet; the rest is said in the words of the API. */
export const problemWords = defineWords({
  unknown: {
    en: 'The service gave an answer that this page does not understand. Reload the page.',
    zh: '服务返回了本页面无法识别的内容。请刷新页面。',
  },
  network: {
    en: 'The service cannot be reached. Check the connection and try again.',
    zh: '无法连接服务。请检查网络后重试。',
  },
  temporarily_unavailable: {
    en: 'The service is busy. Nothing was changed; try again in a few seconds.',
    zh: '服务繁忙，没有做任何更改。请几秒后重试。',
  },
  rate_limited: {
    en: 'Too many requests. Wait a minute and try again.',
    zh: '请求过于频繁。请等待一分钟后重试。',
  },
  credentials_invalid: { en: 'You are signed out. Sign in again.', zh: '登录已失效。请重新登录。' },
  not_found: {
    en: 'This is not there, or belongs to another account or to the other mode (live or test).',
    zh: '内容不存在，或者属于其他账户或另一模式（正式或测试）。',
  },
  precondition_failed: {
    en: 'Somebody changed this meanwhile. Reload to see the newest state, then make your change again.',
    zh: '内容已被他人修改。请刷新查看最新状态后再做更改。',
  },
  validation_failed: {
    en: 'Some entries do not fit. See the marked fields.',
    zh: '部分内容不符合要求。请查看标出的字段。',
  },
  signature_required: { en: 'Your wallet has to sign this change.', zh: '此更改需要钱包签名。' },
  signature_refused: {
    en: 'The signature was not accepted. Sign with the account that you signed in with.',
    zh: '签名未被接受。请使用登录时的账户签名。',
  },
  scope_missing: { en: 'Your access does not cover this.', zh: '您的权限不包含此操作。' },
  limit_reached: {
    en: 'You have as many of these as are allowed. Delete one first.',
    zh: '数量已达上限。请先删除一个。',
  },
  idempotency_in_progress: {
    en: 'The same change is still being made. Wait a moment and reload.',
    zh: '相同的更改仍在进行。请稍候并刷新。',
  },
})
