import { addressBucket } from '@pbstream/core/AddressBucket'
import { expect, test } from 'vitest'

test('an IPv4 address stands for itself, and all of whom nothing is known for each other', () => {
  expect(addressBucket('203.0.113.7')).toBe('ip:203.0.113.7')
  expect(addressBucket(null)).toBe('ip:unknown')
})

test('an IPv6 address is counted by its /64, however it is written', () => {
  const same = [
    '2001:db8:0:7:1:2:3:4',
    '2001:DB8:0:7:ffff:ffff:ffff:ffff',
    '2001:0db8:0000:0007::1',
    '2001:db8:0:7::',
    '2001:db8::7:0:0:0:1',
  ]
  expect(new Set(same.map(addressBucket))).toEqual(new Set(['ip:2001:db8:0:7']))
  expect(addressBucket('2001:db8:0:8::1')).toBe('ip:2001:db8:0:8')
})

test('zeros that :: leaves out are counted before, after and between groups', () => {
  expect(addressBucket('::1')).toBe('ip:0:0:0:0')
  expect(addressBucket('::')).toBe('ip:0:0:0:0')
  expect(addressBucket('fe80::')).toBe('ip:fe80:0:0:0')
  expect(addressBucket('::7:1:2:3:4')).toBe('ip:0:0:0:7')
  expect(addressBucket('1:20::300:4:5:6:7')).toBe('ip:1:20:0:300')
})

test('no text makes it throw or wait', () => {
  for (const text of ['', ':', ':::', '::::::', '1::2::3', 'a'.repeat(100_000), ':'.repeat(100_000)])
    expect(addressBucket(text)).toMatch(/^ip:/)
})
