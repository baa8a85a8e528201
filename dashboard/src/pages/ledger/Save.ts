/** Hands a file to the browser. */
export function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken it by the next minute; until then the address has to stay.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
