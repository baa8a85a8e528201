/** What only the authorisation screen has: the sentences of the limits, fields, the words of the site. */
import { css } from 'lit'

export const authorize = css`
  blockquote {
    padding: 4px 12px;
    border-left: 3px solid var(--_line);
    overflow-wrap: anywhere;
  }
  summary {
    min-height: 32px;
    padding: 4px 0;
    cursor: pointer;
    font-weight: 600;
  }
  details .stack {
    padding: 4px 0 8px;
  }
  label,
  legend {
    display: block;
    padding: 0;
    font-weight: 600;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  .option {
    display: flex;
    gap: 8px;
    align-items: center;
    min-height: 32px;
    font-weight: 400;
  }
  .option input {
    flex: none;
    width: 18px;
    min-height: 18px;
  }
  input,
  select {
    width: 100%;
    min-height: 40px;
    padding: 0 10px;
    border: 1px solid var(--_edge);
    border-radius: var(--_radius);
    background: var(--_card);
    color: inherit;
    font: inherit;
    font-variant-numeric: tabular-nums;
  }
  input[aria-invalid='true'] {
    border-color: var(--_bad);
  }
  .origin {
    font-weight: 700;
  }
`
