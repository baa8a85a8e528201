/** Units that can be sold, in words. */
import { UNITS } from '@pbstream/core/rate/Words'
import { say, type Words } from '../../text.ts'

const NAMES: Record<string, Words> = {
  request: { en: 'call', zh: '次调用' },
  input_token: { en: 'input token', zh: '输入 token' },
  cached_token: { en: 'cached input token', zh: '命中缓存的输入 token' },
  cache_write_token: { en: 'token written to a cache', zh: '写入缓存的 token' },
  cache_write_1h_token: { en: 'token written to a cache for an hour', zh: '写入一小时缓存的 token' },
  output_token: { en: 'output token', zh: '输出 token' },
  reasoning_token: { en: 'reasoning token', zh: '推理 token' },
  second: { en: 'second', zh: '秒' },
  byte: { en: 'byte of the answer', zh: '回答的字节' },
  image: { en: 'image', zh: '图像' },
  reported: { en: 'unit that your server reports', zh: '服务器上报的单位' },
}

export { UNITS }

export function unitName(unit: string): string {
  const known = NAMES[unit]
  return known === undefined ? unit.replace(/^custom\./, '') : say(known)
}

/** Units of which there are so many that a price is read by the million. */
export function isFine(unit: string): boolean {
  return unit === 'byte' || unit.endsWith('_token')
}
