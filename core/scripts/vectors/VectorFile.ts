/** One case: `output` is stated where it comes from elsewhere than our own code. */
export type Case = { comment: string; input: unknown; result: 'valid' | 'invalid'; output?: unknown }

export type VectorFile = { description: string; cases: Case[] }

export function valid(comment: string, input: unknown, output?: unknown): Case {
  return { comment, input, result: 'valid', ...(output === undefined ? {} : { output }) }
}

export function invalid(comment: string, input: unknown, output?: unknown): Case {
  return { comment, input, result: 'invalid', ...(output === undefined ? {} : { output }) }
}
