import { describe, expect, it } from 'vitest'
import { cellsOf, CsvRecords, cursorOf } from '../src/pages/ledger/CsvRecords.ts'

describe('lines of a file as it arrives', () => {
  const text = 'a,b\r\n"x\r\ny","say ""hi"""\r\n1,2\r\n'
  const whole = ['a,b\r\n', '"x\r\ny","say ""hi"""\r\n', '1,2\r\n']

  it.each([1, 2, 3, 5, 100])('the same in pieces of %i characters', (size) => {
    const records = new CsvRecords()
    const lines: string[] = []
    for (let at = 0; at < text.length; at += size) lines.push(...records.feed(text.slice(at, at + size)))
    expect(lines).toEqual(whole)
  })

  it('keeps back a line that has not ended', () => {
    expect(new CsvRecords().feed('a,b\r\n1,2')).toEqual(['a,b\r\n'])
  })
})

describe('cells of a line', () => {
  it.each([
    ['a,b\r\n', ['a', 'b']],
    ['a,,\r\n', ['a', '', '']],
    ['"a,b","c""d"\r\n', ['a,b', 'c"d']],
    ['"x\r\ny",1\r\n', ['x\r\ny', '1']],
    ['', ['']],
  ])('%j', (line, cells) => {
    expect(cellsOf(line)).toEqual(cells)
  })

  it('the last one is the cursor', () => {
    expect(cursorOf('2026,"a,b",WyJwIl0\r\n')).toBe('WyJwIl0')
  })
})
