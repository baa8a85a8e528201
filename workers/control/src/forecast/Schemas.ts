/** What forecasts are asked for, and how they are shown. */
import { time, z } from '../api/Parts.ts'

/** A whole number in a query. */
const whole = (most: number, description: string) =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number)
    .refine((value) => value <= most, `at most ${most}`)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: most, description })

export const query = {
  metric: z.enum(['usage', 'revenue', 'price']).openapi({
    description: '`usage`: calls, or units of `unit`. `revenue`: atomic units. `price`: revenue by usage.',
  }),
  unit: z
    .string()
    .regex(/^[a-z][a-z0-9_.]{0,63}$/)
    .optional()
    .openapi({ description: 'A unit of the rate card, `output_token` say; seconds are in milliseconds.' }),
  step: z.enum(['hour', 'day']).optional().openapi({ description: '`hour` if left out. In UTC.' }),
}

export const forecastQuery = z.strictObject({
  ...query,
  horizon: whole(336, 'How many steps: 48 hours or 14 days if left out.'),
})

export const backtestQuery = z.strictObject({
  ...query,
  horizon: whole(336, 'Steps of each forecast: 24 hours or 7 days if left out.'),
  folds: whole(10, 'How many forecasts at most; 4 if left out.'),
})

const history = z.object({
  from: time.nullable().openapi({ description: 'The first step; null while there is no whole one.' }),
  until: time.openapi({ description: 'Before this time.' }),
  values: z.number().int().openapi({ description: 'How many steps.' }),
})

const interval = z.object({ level: z.number(), lower: z.number(), upper: z.number() })

const common = {
  routeId: z.string(),
  metric: z.enum(['usage', 'revenue', 'price']),
  unit: z.string().nullable(),
  step: z.enum(['hour', 'day']),
  history,
}

export const Forecast = z
  .object({
    ...common,
    points: z
      .array(z.object({ at: time, value: z.number(), intervals: z.array(interval) }))
      .openapi({ description: 'By step, from the end of the history on; none while there is no history.' }),
    models: z.array(z.object({ name: z.string(), weight: z.number() })),
    origins: z.number().int().openapi({ description: 'Earlier forecasts that the intervals come from.' }),
  })
  .openapi('Forecast', { description: 'Estimates: numbers that nobody owes anybody, so they are no decimal strings.' })

const accuracy = {
  mase: z.number().nullable().openapi({ description: 'Null where the history never changed over a season.' }),
  smape: z.number(),
  coverage: z.array(z.object({ level: z.number(), share: z.number() })),
  naive: z
    .object({ mase: z.number().nullable(), smape: z.number() })
    .openapi({ description: 'What repeating the last season gets.' }),
}

export const Backtest = z
  .object({
    ...common,
    needs: z.number().int().openapi({ description: 'How many steps of history one forecast takes.' }),
    folds: z.array(z.object({ at: time, ...accuracy })),
    mean: z.object(accuracy).nullable().openapi({ description: 'Null where the history is too short.' }),
  })
  .openapi('Backtest')
