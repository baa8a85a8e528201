/** Anomaly detection: streaming, causal, of bounded memory. See `anomaly/README.md`. */
export { Detector, type DetectorState } from './anomaly/Detector.ts'
export { signs, Watch, type Charge, type Sign, type Verdict, type WatchState } from './anomaly/Watch.ts'

/** From here on a score of a `Detector` is an alarm: about where F1 of events is best on public streams. */
export const ALARM = 0.39
/** From here on a score of a `Watch` is an alarm. */
export const WATCH_ALARM = 0.5
