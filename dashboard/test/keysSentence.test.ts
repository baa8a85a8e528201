import { afterEach, describe, expect, it } from 'vitest'
import { formatTime } from '../src/format/Time.ts'
import { sentence, type Terms, warnings } from '../src/pages/keys/Sentence.ts'
import { locale } from '../src/text.ts'

const NOW = 1_800_000_000
const terms: Terms = {
  spendCap: 50_000_000n,
  periodAmount: 5_000_000n,
  periodDuration: 86_400,
  perPaymentMax: 100_000n,
  start: NOW,
  expiry: NOW + 30 * 86_400,
}

afterEach(() => {
  locale.value = 'en'
})

const until = () => formatTime(terms.expiry * 1_000, { seconds: false })

describe('the sentence of a key', () => {
  it('says every limit', () => {
    locale.value = 'en'
    expect(sentence(terms, NOW)).toBe(
      `Spend up to 5.00 USDC per day, 50.00 USDC in all, at most 0.10 USDC a payment, until ${until()}.`,
    )
  })

  it('says it in Chinese', () => {
    locale.value = 'zh'
    expect(sentence(terms, NOW)).toBe(
      `每天最多支出 5.00 USDC，总共最多 50.00 USDC，每笔最多 0.10 USDC，截至 ${until()}。`,
    )
  })

  it('leaves out limits that are not there', () => {
    locale.value = 'en'
    const bare = { ...terms, periodAmount: 0n, periodDuration: 0, perPaymentMax: 0n }
    expect(sentence(bare, NOW)).toBe(`Spend up to 50.00 USDC in all, until ${until()}.`)
  })

  it('says a start that is to come', () => {
    locale.value = 'en'
    const start = NOW + 3_600
    const from = formatTime(start * 1_000, { seconds: false })
    expect(sentence({ ...terms, start }, NOW)).toContain(`from ${from} until ${until()}`)
  })

  it('says a period that has no name', () => {
    locale.value = 'en'
    expect(sentence({ ...terms, periodDuration: 7_200 }, NOW)).toContain('5.00 USDC in each 2 h')
  })
})

describe('what is worth a second look', () => {
  it('is nothing for tight limits', () => {
    expect(warnings(terms, NOW)).toEqual([])
  })

  it('is every limit that is missing, and a late end', () => {
    const loose = { ...terms, periodAmount: 0n, periodDuration: 0, perPaymentMax: 0n, expiry: NOW + 400 * 86_400 }
    expect(warnings(loose, NOW)).toEqual(['noPeriod', 'noPerPayment', 'long'])
  })

  it('is a limit that another makes idle', () => {
    expect(warnings({ ...terms, periodAmount: 60_000_000n }, NOW)).toEqual(['periodAboveCap'])
    expect(warnings({ ...terms, perPaymentMax: 6_000_000n }, NOW)).toEqual(['paymentAbovePeriod'])
  })
})
