/** JSON with line breaks, for reading; what is no JSON as it is. Numbers beyond doubles would change, so those stay too. */
export function pretty(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? JSON.stringify(value, undefined, 2) : text
  } catch {
    return text
  }
}
