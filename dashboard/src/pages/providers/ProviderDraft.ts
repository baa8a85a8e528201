/** A provider while it is written, and the body that makes it. */
import type { components } from '../../api/Schema.d.ts'

type NewProvider = components['schemas']['NewProvider']

/** `settleAmount` in atomic units. What is undefined is as the deployment says. */
export type ProviderDraft = {
  name: string
  payTo: string
  delayHours: number | undefined
  settleAmount: bigint | undefined
  settleMinutes: number | undefined
}

export function toNew({ name, payTo, delayHours, settleAmount, settleMinutes }: ProviderDraft): NewProvider {
  const hasPolicy = settleAmount !== undefined || settleMinutes !== undefined
  // The API takes null for the amount too; its document forgets to say so.
  return {
    name: name.trim(),
    payTo: payTo.trim(),
    ...(delayHours === undefined ? {} : { withdrawDelay: Math.round(delayHours * 3600) }),
    ...(hasPolicy
      ? {
          settlement: {
            amount: settleAmount === undefined ? null : String(settleAmount),
            ageMs: settleMinutes === undefined ? null : settleMinutes * 60_000,
          },
        }
      : {}),
  } as NewProvider
}
