/** `npm run bench:rules`: what Sentinel's decision before each call costs; `npm run bench` says it too. */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { decisionCost, decisionLines } from './src/DecisionCost.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } })
const seconds = Number(values.seconds)
if (!(seconds > 0)) throw new TypeError(`--seconds is not a number of seconds: ${values.seconds}`)
const [load = 0] = loadavg()
console.log(decisionLines(await decisionCost(seconds)).join('\n'))
console.log(`load before: ${load.toFixed(2)}`)
