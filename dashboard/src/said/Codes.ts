/** Every code of the API in Chinese: what is wrong and what to do. The types hold it complete. */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { problemWords } from '../api/words.ts'
import { commonCodes } from './CommonCodes.ts'
import { keyCodes } from './KeyCodes.ts'
import { managementCodes } from './ManagementCodes.ts'
import { otherCodes } from './OtherCodes.ts'
import { paymentCodes } from './PaymentCodes.ts'
import { sessionCodes } from './SessionCodes.ts'

const codes: { readonly [code in Exclude<ErrorCode, keyof typeof problemWords>]: string } = {
  ...commonCodes,
  ...managementCodes,
  ...keyCodes,
  ...paymentCodes,
  ...sessionCodes,
  ...otherCodes,
}

export function chineseOfCode(code: string): string | undefined {
  return Object.hasOwn(codes, code) ? codes[code as keyof typeof codes] : undefined
}
