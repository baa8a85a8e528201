import { errors, problem, x402Reason, type ErrorCode } from '@pbstream/core/Errors'
import { describe, expect, test } from 'vitest'

const codes = Object.keys(errors) as ErrorCode[]

describe('the table', () => {
  test.each(codes)('%s says what happened and what to do', (code) => {
    const { status, title, hint } = errors[code]
    expect(code).toMatch(/^[a-z][a-z0-9_]*$/)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^[A-Z].*[^.]$/)
    expect(hint).toMatch(/\.$/)
  })

  test('x402 clients know a failure by the string of the protocol, or else by ours', () => {
    expect(x402Reason('offer_mismatch')).toBe('invalid_payment_requirements')
    expect(x402Reason('payment_required')).toBe('payment_required')
  })
})

describe('problems', () => {
  test('with all there is', () => {
    expect(problem('network_mismatch', { detail: 'it is for eip155:1', requestId: 'req_1' })).toEqual({
      type: 'https://pbstream.dev/problems/network_mismatch',
      title: errors.network_mismatch.title,
      status: 402,
      code: 'network_mismatch',
      detail: 'it is for eip155:1',
      hint: errors.network_mismatch.hint,
      retryable: errors.network_mismatch.retryable,
      requestId: 'req_1',
      error: {
        type: 'payment_required',
        code: 'network_mismatch',
        message: `${errors.network_mismatch.title}: it is for eip155:1. ${errors.network_mismatch.hint}`,
      },
    })
  })

  test('members without a value are not there', () => {
    const { error, ...members } = problem('payment_required')
    expect(Object.keys(members)).toEqual(['type', 'title', 'status', 'code', 'hint', 'retryable'])
    expect(error.message).toBe('Payment required. Pay with one of the offers in PAYMENT-REQUIRED.')
  })

  test.each(codes)('%s: what AI clients call it follows from its status', (code) => {
    const { status, error } = problem(code)
    expect(error.type).toBe(status === 402 ? 'payment_required' : status >= 500 ? 'api_error' : 'invalid_request_error')
  })

  test('signing again is offered where it helps, and only there', () => {
    const helps = codes.filter((code) => 'signAgain' in errors[code])
    expect(helps.length).toBeGreaterThan(0)
    for (const code of codes) expect(problem(code).signAgain).toBe(helps.includes(code) ? true : undefined)
  })
})
