/** Line icons of 16 px, drawn with the colour of the text. They say nothing to screen readers: a word stands beside. */
const PATHS = {
  key: 'M10.5 2a3.5 3.5 0 1 0-3.3 4.7L2 12v2h2.5v-1.5H6V11h1.5l1.3-1.3A3.5 3.5 0 0 0 10.5 2Zm.7 2.8h.01',
  usage: 'M2 13.5h12M3.5 11V8M6.5 11V4M9.5 11V6.5M12.5 11V2.5',
  receipt: 'M3.5 1.5h9v13l-1.5-1-1.5 1-1.5-1-1.5 1-1.5-1-1.5 1ZM6 5h4M6 8h4',
  funds: 'M2 4.5h11.5v9H2ZM2 4.5 11 2v2.5M10.5 9h.01',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1.5 1.5h-11ZM6.5 14.5h3',
  alert: 'M8 2 14.5 13.5h-13ZM8 6.5v3M8 11.5h.01',
  stop: 'M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2l-3.4-3.4V5.2ZM8 5v3.5M8 11h.01',
  rules:
    'M2 4h7M12 4h2M9 4a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0ZM2 8h2M7 8h7M4 8a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0ZM2 12h6M11 12h3M8 12a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0Z',
  decision: 'M8 1.8 2.5 4v4c0 3.2 2.3 5.3 5.5 6.3 3.2-1 5.5-3.1 5.5-6.3V4ZM8 5v3.5M8 11h.01',
  decisions: 'M8 1.8 2.5 4v4c0 3.2 2.3 5.3 5.5 6.3 3.2-1 5.5-3.1 5.5-6.3V4ZM5.5 8l1.8 1.8L10.8 6',
  apikey: 'M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4M9 3 7 13',
  webhook: 'M5 9.5a3 3 0 1 0 3 3h4M8 4.5a2.5 2.5 0 1 0-3 2.4l2 .6L5 12.5M9.5 5.5l2 4a3 3 0 1 1-1.5 5.2',
  audit: 'M3.5 1.5h6l3 3v10h-9ZM9.5 1.5v3h3M6 8h4M6 11h4',
  settings:
    'M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4',
  overview: 'M2 2h5v6H2ZM9 2h5v3.5H9ZM9 7.5h5V14H9ZM2 10h5v4H2Z',
  route: 'M4 11V6a3 3 0 0 1 3-3h5M9.5 1 12 3 9.5 5M4 11a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3ZM12 8v5',
  host: 'M2 2.5h12v4.5H2ZM2 9h12v4.5H2ZM4.5 4.75h.01M4.5 11.25h.01',
  oracle: 'M1.5 11.5 5 7l3 2.5L14.5 3M10.5 3h4v4',
  customer:
    'M6 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5ZM1.5 13.5c0-3 2-4.5 4.5-4.5s4.5 1.5 4.5 4.5M10.5 3a2.3 2.3 0 0 1 0 4.2M12 9.4c1.6.6 2.5 2 2.5 4.1',
  session: 'M1.5 8h2.7l2-5 3.3 10 2-5h3',
  settlement: 'M2 5h11M10.5 2.5 13 5l-2.5 2.5M14 11H3M5.5 8.5 3 11l2.5 2.5',
  ledger: 'M2.5 2h11v12h-11ZM2.5 6h11M2.5 10h11M8 6v8',
  list: 'M5.5 4h8.5M5.5 8h8.5M5.5 12h8.5M2.3 4h.01M2.3 8h.01M2.3 12h.01',
  backtest: 'M8 2a6 6 0 1 1-5.6 3.9M2 2.5v3.6h3.6M8 5v3.2l2.3 1.5',
  breaker:
    'M1.5 10.5h3M11.5 10.5h3M4.5 10.5 11 5M4.5 9.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6ZM11.5 9.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6Z',
  provider: 'M2 6.5 3 2.5h10l1 4M2 6.5a2 2 0 0 0 4 0 2 2 0 0 0 4 0 2 2 0 0 0 4 0M3 8.5v5h10v-5M6.5 13.5V10h3v3.5',
  forecast: 'M1.5 12 5 8l2.5 2L10 7M10 7l4.5-4.5M10 7l4.5 1',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  external: 'M9 2.5h4.5V7M13.5 2.5 7.5 8.5M11.5 9.5v4h-9v-9h4',
  check: 'M3 8.5 6.5 12 13 4.5',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  sort: 'M5 6.5 8 3.5l3 3M5 9.5l3 3 3-3',
  plus: 'M8 3v10M3 8h10',
  light:
    'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  dark: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  system: 'M2 3h12v8H2ZM6 14h4M8 11v3',
  language: 'M2 3.5h7M5.5 2v1.5M7.5 3.5c-.5 3-2.5 5-5.5 6M3.5 5.5c1 2 2.5 3 4.5 4M8 14l3-7 3 7M9 12h4',
  account: 'M8 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM2.5 14c0-3 2.3-4.5 5.5-4.5s5.5 1.5 5.5 4.5',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
