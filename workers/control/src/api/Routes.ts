/** Every file of operations; each adds its own to the API. A line here is all that a new one needs. */
import { keyRoutes } from '../keys/KeyRoutes.ts'
import { cardRoutes } from '../providers/CardRoutes.ts'
import { hostRoutes } from '../providers/HostRoutes.ts'
import { listRoutes } from '../providers/ListRoutes.ts'
import { providerRoutes } from '../providers/ProviderRoutes.ts'
import { routeRoutes } from '../providers/RouteRoutes.ts'
import { priceFileRoutes } from '../exports/PriceFiles.ts'
import { exportRoutes } from '../exports/Routes.ts'
import { forecastRoutes } from '../forecast/ForecastRoutes.ts'
import { customerRoutes } from '../oracle/CustomerRoutes.ts'
import { oracleRoutes } from '../oracle/OracleRoutes.ts'
import { priceRoutes } from '../oracle/PriceRoutes.ts'
import { valueRoutes } from '../oracle/ValueRoutes.ts'
import { webhookDeliveryRoutes } from '../webhooks/DeliveryRoutes.ts'
import { webhookEndpointRoutes } from '../webhooks/EndpointRoutes.ts'
import { breakerRoutes } from '../sentinel/BreakerRoutes.ts'
import { alertChannelRoutes } from '../sentinel/ChannelRoutes.ts'
import { stopRoutes } from '../sentinel/StopRoutes.ts'
import { auditRoutes } from '../audit/AuditRoutes.ts'
import { ruleBacktestRoutes } from '../sentinel/BacktestRoutes.ts'
import { decisionRoutes } from '../sentinel/DecisionRoutes.ts'
import { ruleFeatureRoutes } from '../sentinel/FeatureRoutes.ts'
import { ruleListRoutes } from '../sentinel/ListRoutes.ts'
import { ruleRoutes } from '../sentinel/RuleRoutes.ts'
import { snoozeRoutes } from '../sentinel/SnoozeRoutes.ts'
import { payerChannelRoutes } from '../reports/ChannelRoutes.ts'
import { paymentRoutes } from '../reports/PaymentRoutes.ts'
import { payerUsageRoutes } from '../reports/UsageRoutes.ts'
import { revenueRoutes } from '../reports/RevenueRoutes.ts'
import { settleRoutes } from '../reports/SettleRoutes.ts'
import { summaryRoutes } from '../reports/SummaryRoutes.ts'
import { timelineRoutes } from '../reports/TimelineRoutes.ts'
import { grantRoutes } from '../grants/GrantRoutes.ts'
import type { Api } from './Types.ts'
import { apiKeyRoutes } from './ApiKeyRoutes.ts'
import { signInRoutes } from './SignInRoutes.ts'

export const routes: ((api: Api) => void)[] = [
  signInRoutes,
  apiKeyRoutes,
  auditRoutes,
  keyRoutes,
  providerRoutes,
  routeRoutes,
  cardRoutes,
  hostRoutes,
  listRoutes,
  webhookEndpointRoutes,
  webhookDeliveryRoutes,
  oracleRoutes,
  valueRoutes,
  customerRoutes,
  priceRoutes,
  forecastRoutes,
  exportRoutes,
  priceFileRoutes,
  stopRoutes,
  breakerRoutes,
  alertChannelRoutes,
  ruleFeatureRoutes,
  ruleRoutes,
  ruleBacktestRoutes,
  ruleListRoutes,
  snoozeRoutes,
  decisionRoutes,
  summaryRoutes,
  revenueRoutes,
  timelineRoutes,
  settleRoutes,
  grantRoutes,
  paymentRoutes,
  payerChannelRoutes,
  payerUsageRoutes,
]
