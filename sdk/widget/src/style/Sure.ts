/**
 * What a person has to see before signing: who asks, the limits, whom and until when. Neither tokens nor parts of the page
 * hide or shrink it: what is important inside of a shadow root goes before what is important outside.
 */
import { dark, light } from '@pbstream/core/style/Colours'
import { fonts } from '@pbstream/core/style/Scale'
import { css, unsafeCSS } from 'lit'

const both = (name: 'card' | 'ink' | 'soft' | 'warn') => unsafeCSS(`light-dark(${light[name]},${dark[name]})`)

export const sure = css`
  .sure,
  .sure * {
    visibility: visible !important;
    position: static !important;
    float: none !important;
    width: auto !important;
    height: auto !important;
    min-width: 0 !important;
    max-width: none !important;
    max-height: none !important;
    overflow: visible !important;
    opacity: 1 !important;
    transform: none !important;
    translate: none !important;
    scale: none !important;
    filter: none !important;
    mask: none !important;
    clip-path: none !important;
    content-visibility: visible !important;
    color: ${both('ink')} !important;
    font-family: ${unsafeCSS(fonts.text)} !important;
    font-size: max(1em, 14px) !important;
    line-height: 1.5 !important;
    letter-spacing: normal !important;
    text-indent: 0 !important;
    text-transform: none !important;
    -webkit-text-fill-color: currentcolor !important;
    -webkit-text-security: none !important;
  }
  .sure {
    display: block !important;
    margin: 0 !important;
    background: ${both('card')} !important;
  }
  dl.sure {
    display: grid !important;
  }
  .sure code {
    font-family: ${unsafeCSS(fonts.mono)} !important;
  }
  .sure dt,
  .sure .muted {
    color: ${both('soft')} !important;
  }
  .sure .loud {
    color: ${both('warn')} !important;
  }
`
