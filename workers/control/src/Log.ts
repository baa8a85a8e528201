/** One line for operators. Nothing secret, no voucher, no payer. */
export function log(what: string, detail: Record<string, string>): void {
  console.error(JSON.stringify({ what, ...detail }))
}
