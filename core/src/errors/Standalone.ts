/** What a provider's own server is told of the payments that it had authorised. */
import type { Row } from './Row.ts'

export const standalone = {
  payment_unknown: {
    status: 404,
    title: 'There is no such payment',
    hint: 'Send the id of the answer to authorize, with a key of the same owner and mode.',
    retryable: false,
  },
  payment_ended: {
    status: 409,
    title: 'The payment has ended without this charge',
    hint: 'It was voided, or 90 seconds passed without a mark: then its last mark is charged, or nothing. Authorise a new one.',
    retryable: false,
  },
  payment_captured: {
    status: 409,
    title: 'The payment was captured already, for another amount',
    hint: 'A payment is captured once; send the same amount again to get its receipt again.',
    retryable: false,
  },
  payment_above_ceiling: {
    status: 422,
    title: 'The amount is above what was authorised',
    hint: 'Capture at most the ceiling.',
    retryable: false,
  },
} satisfies Record<string, Row>
