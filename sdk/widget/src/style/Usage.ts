import { css } from 'lit'

/** What only the usage element has. */
export const usage = css`
  .card {
    align-content: start;
    min-height: inherit;
    padding: 16px;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 2);
    background: var(--_card);
  }
  .head {
    justify-content: space-between;
  }
  .figure {
    font-size: 1.6em;
    font-weight: 600;
    line-height: 1.2;
  }
  select {
    width: 100%;
    min-height: 40px;
    border: 1px solid var(--_edge);
    border-radius: var(--_radius);
    background: var(--_card);
    color: inherit;
    font: inherit;
  }
  summary {
    min-height: 28px;
    cursor: pointer;
  }
  .badge {
    padding: 0 8px;
    border: 1px solid var(--_edge);
    border-radius: 99px;
    font-size: 0.9em;
  }
`
