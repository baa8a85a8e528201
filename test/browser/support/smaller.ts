/** Pictures of pages as small PNG files: pages have few colours, so the 256 most frequent ones stand for all. */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const COLOURS = 256

type Pixels = { width: number; height: number; colours: Uint32Array }

/** @throws {TypeError} when it is no PNG of 8 bits with or without alpha, as Chromium makes them */
export function smaller(png: Buffer): Buffer {
  const { width, height, colours } = pixelsOf(png)
  const palette = frequent(colours)
  const places = new Map(Array.from(palette, (colour, place) => [colour, place]))
  const lines = Buffer.alloc((width + 1) * height)
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from++) {
      const colour = colours[from]!
      let place = places.get(colour)
      if (place === undefined) places.set(colour, (place = nearest(palette, colour)))
      lines[y * (width + 1) + 1 + x] = place
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  // 8 bits that are places in a palette.
  head.set([8, 3, 0, 0, 0], 8)
  const rgb = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  const parts = [chunk('IHDR', head), chunk('PLTE', rgb), chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 }))]
  return Buffer.concat([SIGNATURE, ...parts, chunk('IEND', Buffer.alloc(0))])
}

/** Each pixel as `0xRRGGBB`; pictures of pages hide nothing, so alpha is left out. */
function pixelsOf(png: Buffer): Pixels {
  const [width, height, bits, kind] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]
  if (!png.subarray(0, 8).equals(SIGNATURE) || bits !== 8 || (kind !== 2 && kind !== 6) || png[28] !== 0) {
    throw new TypeError('not a PNG of 8 bits without a palette')
  }
  const size = kind === 2 ? 3 : 4
  const lines = unfiltered(inflateSync(Buffer.concat(dataOf(png))), width * size, height, size)
  const colours = new Uint32Array(width * height)
  for (let at = 0; at < colours.length; at++) colours[at] = lines.readUIntBE(at * size, 3)
  return { width, height, colours }
}

function dataOf(png: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  return parts
}

/** Lines are told by what is left of and above each byte: https://www.w3.org/TR/png/#9Filters */
function unfiltered(data: Buffer, width: number, height: number, size: number): Buffer {
  const lines = Buffer.alloc(width * height)
  for (let y = 0; y < height; y++) {
    const filter = data[y * (width + 1)]!
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const left = x < size ? 0 : lines[at - size]!
      const above = y === 0 ? 0 : lines[at - width]!
      const corner = x < size || y === 0 ? 0 : lines[at - width - size]!
      const told = data[y * (width + 1) + 1 + x]!
      lines[at] = told + [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter]!
    }
  }
  return lines
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner
  const [toLeft, toAbove, toCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)]
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}

/** The most frequent colours; ties in the order of the colours, so that the same picture makes the same file. */
function frequent(colours: Uint32Array): number[] {
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const sorted = Array.from(counts).toSorted(([a, m], [b, n]) => n - m || a - b)
  return sorted.slice(0, COLOURS).map(([colour]) => colour)
}

function nearest(palette: readonly number[], colour: number): number {
  const far = (a: number, b: number) => (a - b) ** 2
  const distances = palette.map(
    (other) =>
      far(other >> 16, colour >> 16) + far((other >> 8) & 255, (colour >> 8) & 255) + far(other & 255, colour & 255),
  )
  return distances.indexOf(Math.min(...distances))
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
