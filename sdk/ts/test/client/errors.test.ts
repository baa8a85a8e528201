import { errors } from '@pbstream/core/Errors'
import { describe, expect, test } from 'vitest'
import { AnswerLostError, classes, errorOf, PBStreamError, RateLimitedError } from '../../src/errors.ts'

const problem = (body: object, status = 429) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })

describe('classes of errors', () => {
  test('there is one for every code, with the facts of the table', () => {
    expect(Object.keys(classes).sort()).toEqual(Object.keys(errors).sort())
    for (const [code, row] of Object.entries(errors)) {
      const error = new classes[code as keyof typeof classes]()
      expect(error).toBeInstanceOf(PBStreamError)
      expect(error).toMatchObject({ code, status: row.status, hint: row.hint, retryable: row.retryable })
      expect(error.message).toContain(row.title)
    }
  })

  test('an answer becomes its class, with what it says, and can still be read', async () => {
    const response = problem({ code: 'rate_limited', detail: '10 a second', requestId: 'req_1', retryable: false })
    const error = await errorOf(response)
    expect(error).toBeInstanceOf(RateLimitedError)
    expect(error).toMatchObject({
      name: 'RateLimitedError',
      detail: '10 a second',
      requestId: 'req_1',
      retryable: false,
    })
    expect(await response.json()).toMatchObject({ code: 'rate_limited' })
  })

  test('a code of a newer gateway is an error all the same', async () => {
    const error = await errorOf(problem({ code: 'constructor', title: 'New', hint: 'Update.' }, 418))
    expect(error).toMatchObject({ name: 'PBStreamError', code: 'constructor', status: 418, hint: 'Update.' })
  })

  test('answers of others are none', async () => {
    expect(await errorOf(new Response('no', { status: 500 }))).toBeUndefined()
    expect(await errorOf(problem({ message: 'of another kind' }))).toBeUndefined()
    expect(await errorOf(Response.json({ code: 'x' }))).toBeUndefined()
    const used = problem({ code: 'rate_limited' })
    await used.text()
    expect(await errorOf(used)).toBeUndefined()
  })

  test('what the payer refuses has the same form', () => {
    expect(new AnswerLostError('id-1')).toMatchObject({ code: 'answer_lost', requestId: 'id-1', retryable: false })
  })
})
