/** The mistakes of Sentinel: of its rules and objects, of the gateway, of what stands beside the path. */
import type { Bug } from './Bug.ts'
import { sentinelAlertBugs } from './sentinelAlertBugs.ts'
import { sentinelBugs } from './sentinelBugs.ts'
import { sentinelDbBugs } from './sentinelDbBugs.ts'
import { sentinelGatewayBugs } from './sentinelGatewayBugs.ts'
import { sentinelObjectBugs } from './sentinelObjectBugs.ts'
import { sentinelRulesBugs } from './sentinelRulesBugs.ts'
import { sentinelStopsBugs } from './sentinelStopsBugs.ts'

export const allSentinelBugs: readonly Bug[] = [
  ...sentinelAlertBugs,
  ...sentinelBugs,
  ...sentinelDbBugs,
  ...sentinelGatewayBugs,
  ...sentinelObjectBugs,
  ...sentinelRulesBugs,
  ...sentinelStopsBugs,
]
