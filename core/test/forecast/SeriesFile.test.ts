/** Series from text, in the forms that files of others have. */
import * as Forecast from '@pbstream/core/Forecast'
import { describe, expect, test } from 'vitest'

const refused = (read: () => unknown, message: string) => expect(read).toThrow(new Forecast.InvalidSeriesError(message))

describe('a series a line', () => {
  const expected = [
    { id: 'H1', values: [605, 586.5, -3] },
    { id: 'H2', values: [1e3, 0.5] },
  ]

  test.each([
    ['plain', 'H1,605,586.5,-3\nH2,1000,.5\n'],
    ['quotes and a header', '"V1","V2","V3","V4"\n"H1","605","586.5","-3"\n"H2","1e3","0.5",""\n'],
    ['CRLF, a byte order mark, spaces', '\uFEFFH1, 605 ,586.5,-3\r\n\r\n H2 ,1E+3,+0.5,,\r\n'],
    ['old line ends', 'id,x\rH1,605.,586.5,-3\rH2,1000,0.5'],
  ])('%s', (_, text) => {
    expect(Forecast.parseRows(text)).toEqual(expected)
  })

  test('quotes inside an id', () => {
    expect(Forecast.parseRows('"a ""b""",1')).toEqual([{ id: 'a "b"', values: [1] }])
  })

  test('what is wrong is said with its place', () => {
    refused(() => Forecast.parseRows(''), 'there is no series in it')
    refused(() => Forecast.parseRows('id,a,b\n'), 'there is no series in it')
    refused(() => Forecast.parseRows('H1,1,2\nH2,1,,3'), 'line 2, column 3: "" is not a number')
    refused(() => Forecast.parseRows('H1,1,x'), 'line 1, column 3: "x" is not a number')
    refused(() => Forecast.parseRows('H1,NaN\nH2,1'), 'line 1, column 2: "NaN" is not a number')
    refused(() => Forecast.parseRows('H1,1\nH2,1e999'), 'line 2, column 2: "1e999" is not a number')
    refused(() => Forecast.parseRows('H1,1\n\nH2,0x10'), 'line 3, column 2: "0x10" is not a number')
    refused(() => Forecast.parseRows('H1'), 'line 1: H1 has no value')
    refused(() => Forecast.parseRows('H1,1\nH2,,'), 'line 2: H2 has no value')
    refused(() => Forecast.parseRows('H1,1\n,2'), 'line 2: there is no id')
    refused(() => Forecast.parseRows('H1,1\nH1,2'), 'line 2: H1 is there twice')
  })
})

describe('a value a line', () => {
  test('is in the last column, whatever is before it', () => {
    expect(Forecast.parseColumn('timestamp,value\n2014-07-01 00:00:00,10\n2014-07-01 00:30:00,8.5\n')).toEqual([
      10, 8.5,
    ])
    expect(Forecast.parseColumn('1\r\n2\r\n')).toEqual([1, 2])
  })

  test('what is wrong is said with its line', () => {
    refused(() => Forecast.parseColumn('\n \n'), 'there is no value in it')
    refused(() => Forecast.parseColumn('value\n'), 'there is no value in it')
    refused(() => Forecast.parseColumn('value\n1\ntwo'), 'line 3: "two" is not a number')
    for (const word of ['NaN', 'null', 'NA', 'inf', 'Infinity']) {
      refused(() => Forecast.parseColumn(`${word}\n1`), `line 1: "${word}" is not a number`)
    }
    refused(() => Forecast.parseColumn('2014-07-01\n1'), 'line 1: "2014-07-01" is not a number')
  })
})
