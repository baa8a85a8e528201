/** How every element looks: text, buttons, fields, lists of facts, notices, dialogs. */
import { css } from 'lit'
import { sure } from './Sure.ts'
import { tokens } from './Tokens.ts'

const base = css`
  :host {
    display: block;
    box-sizing: border-box;
    color: var(--_ink);
    font: 400 var(--_size) / 1.5 var(--_font);
    font-variant-numeric: tabular-nums;
  }
  :host([hidden]) {
    display: none;
  }
  * {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  dl,
  dd,
  blockquote {
    margin: 0;
    padding: 0;
  }
  h2 {
    font-size: 1.2em;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  h3 {
    font-size: 1em;
  }
  ul {
    list-style: none;
  }
  :focus-visible {
    outline: 2px solid var(--_focus);
    outline-offset: 2px;
  }
  h2:focus-visible {
    outline: none;
  }
  .limits li {
    padding: 4px 0;
    font-weight: 600;
  }
  .limits li.loud {
    padding-left: 8px;
  }
  button,
  .button {
    min-height: 40px;
    padding: 0 16px;
    border: 1px solid var(--_edge);
    border-radius: var(--_radius);
    background: var(--_card);
    color: inherit;
    font: inherit;
    font-weight: 600;
    cursor: pointer;
  }
  .button {
    display: inline-flex;
    align-items: center;
    text-decoration: none;
  }
  @media (pointer: coarse) {
    button,
    .button,
    input:not([type='checkbox']),
    select,
    summary {
      min-height: 44px !important;
    }
  }
  button:hover:enabled {
    background: var(--_sunk);
  }
  button.primary {
    border-color: var(--_accent);
    background: var(--_accent);
    color: var(--_on-accent);
  }
  button.primary:hover:enabled {
    background: color-mix(in srgb, var(--_accent) 88%, var(--_ink));
  }
  button.danger {
    border-color: var(--_bad);
    color: var(--_bad);
  }
  button:disabled {
    opacity: 0.6;
    cursor: default;
  }
  a {
    color: var(--_accent);
  }
  code,
  .mono {
    font-family: var(--_mono);
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  .muted {
    color: var(--_soft);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
  }
  .stack {
    display: grid;
    gap: 12px;
    grid-template-columns: minmax(0, 1fr);
  }
  .facts {
    display: grid;
    grid-template-columns: minmax(84px, max-content) minmax(0, 1fr);
    gap: 6px 16px;
  }
  .facts dt {
    color: var(--_soft);
  }
  .facts dd {
    overflow-wrap: anywhere;
  }
  .notice {
    padding: 8px 12px;
    border-left: 3px solid var(--_edge);
    background: var(--_sunk);
    overflow-wrap: anywhere;
  }
  .notice.warn,
  .loud {
    border-color: var(--_warn);
  }
  .notice.bad {
    border-color: var(--_bad);
  }
  .notice.good {
    border-color: var(--_good);
  }
  .loud {
    padding-left: 8px;
    border-left: 3px solid var(--_warn);
    color: var(--_warn);
    font-weight: 700;
  }
  .error {
    color: var(--_bad);
  }
  progress {
    appearance: none;
    width: 100%;
    height: 8px;
    border: 0;
    border-radius: 4px;
    background: var(--_line);
    overflow: hidden;
  }
  progress::-webkit-progress-bar {
    background: var(--_line);
  }
  progress::-webkit-progress-value {
    background: var(--_accent);
    transition: width 0.3s;
  }
  progress::-moz-progress-bar {
    background: var(--_accent);
  }
  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      transition: none !important;
      animation: none !important;
    }
  }
`

const dialogs = css`
  dialog {
    width: min(520px, calc(100vw - 24px));
    max-height: calc(100dvh - 24px);
    padding: 0;
    border: 1px solid var(--_edge);
    border-radius: calc(var(--_radius) * 2);
    background: var(--_card);
    color: var(--_ink);
    font: 400 var(--_size) / 1.5 var(--_font);
    visibility: visible;
    overflow: auto;
  }
  dialog::backdrop {
    background: var(--_veil);
  }
  .sheet {
    padding: 20px;
  }
  .actions .notice {
    flex-basis: 100%;
  }
  .actions {
    position: sticky;
    bottom: 0;
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 8px;
    padding: 12px 20px;
    border-top: 1px solid var(--_line);
    background: var(--_card);
  }
`

const wallets = css`
  .wallets button {
    display: flex;
    gap: 12px;
    align-items: center;
    width: 100%;
    min-height: 48px;
    text-align: start;
  }
  .wallets li + li {
    margin-top: 8px;
  }
  .wallets img {
    border-radius: 4px;
  }
`

export const styles = [tokens, base, dialogs, wallets, sure]
