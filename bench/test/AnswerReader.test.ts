import { describe, expect, test } from 'vitest'
import { type Answer, AnswerReader, header } from '../src/AnswerReader.ts'

const wire = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nPAYMENT-RESPONSE: abc\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nda\r\n\r\n10;ext=1\r\n0123456789abcdef\r\n0\r\nx-trailer: 1\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 402 Payment Required\r\ncontent-length: 7\r\n\r\npay up!',
  'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
].join('')

function read(pieces: Buffer[]): { answers: Answer[]; firstBytes: number; idle: boolean } {
  const answers: Answer[] = []
  let firstBytes = 0
  const reader = new AnswerReader({ firstByte: () => firstBytes++, end: (answer) => answers.push(answer) })
  for (const piece of pieces) reader.feed(piece)
  return { answers, firstBytes, idle: reader.idle }
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

describe('AnswerReader', () => {
  test.each([1, 2, 3, 7, 64, wire.length])('reads the same answers from pieces of %i bytes', (size) => {
    const { answers, firstBytes, idle } = read(cut(Buffer.from(wire), size))
    expect(answers.map(({ status, bodyBytes }) => [status, bodyBytes])).toEqual([
      [200, 5],
      [200, 20],
      [204, 0],
      [402, 7],
      [200, 0],
    ])
    expect(firstBytes).toBe(3)
    expect(idle).toBe(true)
  })

  test('keeps the text of an answer that was not 200, and of no other', () => {
    const { answers } = read([Buffer.from(wire)])
    expect(answers.map(({ excerpt }) => excerpt)).toEqual(['', '', '', 'pay up!', ''])
  })

  test('finds a header whatever its case, and only as a header', () => {
    const [first] = read([Buffer.from(wire)]).answers
    expect(header(first?.head ?? '', 'payment-response')).toBe('abc')
    expect(header(first?.head ?? '', 'response')).toBeUndefined()
  })

  test('says so when an answer would only end with its connection', () => {
    expect(() => read([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello')])).toThrow('without a length')
  })
})
