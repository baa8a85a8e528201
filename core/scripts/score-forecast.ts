/**
 * Scores the forecast on a benchmark in the form of the M4 competition: a series a line, its id and then its values.
 *
 *   npm run score:forecast -- --train FILE --test FILE --season 24 --horizon 48            a table
 *   npm run score:forecast -- --train FILE --test FILE --season 24 --horizon 48 --json     one JSON object, on one line
 *
 * `--cycle 168` names a longer season (the default for 24 is a week); `--report` writes the figures into docs/evidence.
 */
import { finish } from './forecast/Input.ts'
import { score } from './forecast/ScoreCommand.ts'

finish(score(process.argv.slice(2)))
