/** The fields of an alert channel. */
import type { VNode } from 'preact'
import { NumberInput } from '../../../ui/NumberInput.tsx'
import { Select } from '../../../ui/Select.tsx'
import { Switch } from '../../../ui/Switch.tsx'
import { TextInput } from '../../../ui/TextInput.tsx'
import { type FieldsProps, severities } from './Fields.ts'
import { QuietFields } from './QuietFields.tsx'
import { w } from './words.ts'

type Props = FieldsProps & { isNew: boolean }

export function ChannelFields({ wish, wrong, isNew, onChange }: Props): VNode {
  return (
    <>
      <TextInput
        label={w.name()}
        name="name"
        required
        maxLength={80}
        error={wrong.name === true ? w.nameNeeded() : undefined}
        value={wish.name}
        onChange={(name) => onChange({ name })}
      />
      {isNew && (
        <Select
          label={w.kind()}
          value={wish.kind}
          options={(['email', 'telegram', 'webhook'] as const).map((value) => ({ value, label: w[value]() }))}
          onChange={(kind) => onChange({ kind })}
        />
      )}
      <Target wish={wish} wrong={wrong} isNew={isNew} onChange={onChange} />
      <Select label={w.from()} value={wish.from} options={severities()} onChange={(from) => onChange({ from })} />
      <Select
        label={w.language()}
        value={wish.language}
        options={[
          { value: 'en', label: w.english() },
          { value: 'zh', label: w.chinese() },
        ]}
        onChange={(language) => onChange({ language })}
      />
      <QuietFields wish={wish} wrong={wrong} onChange={onChange} />
      <Limits wish={wish} wrong={wrong} onChange={onChange} />
    </>
  )
}

function Target({ wish, wrong, isNew, onChange }: Props): VNode {
  if (wish.kind === 'email') {
    return (
      <TextInput
        label={w.to()}
        hint={w.toHint()}
        name="target.to"
        type="email"
        required
        error={wrong.to === true ? w.toWrong() : undefined}
        value={wish.to}
        onChange={(to) => onChange({ to })}
      />
    )
  }
  if (wish.kind === 'webhook') {
    return (
      <TextInput
        label={w.url()}
        hint={w.urlHint()}
        name="target.url"
        type="url"
        required
        error={wrong.url === true ? w.urlWrong() : undefined}
        value={wish.url}
        onChange={(url) => onChange({ url })}
      />
    )
  }
  return (
    <>
      <TextInput
        label={w.chat()}
        hint={w.chatHint()}
        name="target.chat"
        required
        error={wrong.chat === true ? w.chatWrong() : undefined}
        value={wish.chat}
        onChange={(chat) => onChange({ chat })}
      />
      <TextInput
        label={w.token()}
        hint={isNew ? w.tokenHint() : w.tokenKeep()}
        name="target.token"
        type="password"
        autoComplete="off"
        required={isNew}
        error={wrong.token === true ? w.tokenWrong() : undefined}
        value={wish.token}
        onChange={(token) => onChange({ token })}
      />
    </>
  )
}

function Limits({ wish, wrong, onChange }: FieldsProps): VNode {
  const { retry, digest } = wish
  const number = (label: string, value: number, min: number, max: number, put: (value: number) => void) => (
    <NumberInput label={label} min={min} max={max} value={value} onChange={(next) => next !== undefined && put(next)} />
  )
  return (
    <details>
      <summary>{w.limits()}</summary>
      {number(w.group(), wish.groupSeconds, 0, 3_600, (groupSeconds) => onChange({ groupSeconds }))}
      <p class="hint">{w.groupHint()}</p>
      {number(w.messages(), wish.messages, 1, 60, (messages) => onChange({ messages }))}
      {number(w.perSeconds(), wish.perSeconds, 60, 86_400, (perSeconds) => onChange({ perSeconds }))}
      <Switch label={w.digest()} value={wish.hasDigest} onChange={(hasDigest) => onChange({ hasDigest })} />
      {wish.hasDigest && (
        <>
          <Select
            label={w.below()}
            value={digest.below}
            options={severities()}
            onChange={(below) => onChange({ digest: { ...digest, below } })}
          />
          {number(w.every(), digest.everySeconds, 60, 86_400, (everySeconds) =>
            onChange({ digest: { ...digest, everySeconds } }),
          )}
        </>
      )}
      <h3>{w.retry()}</h3>
      {number(w.tries(), retry.tries, 1, 20, (tries) => onChange({ retry: { ...retry, tries } }))}
      {number(w.first(), retry.firstSeconds, 1, 3_600, (firstSeconds) =>
        onChange({ retry: { ...retry, firstSeconds } }),
      )}
      {number(w.longest(), retry.longestSeconds, 1, 86_400, (longestSeconds) =>
        onChange({ retry: { ...retry, longestSeconds } }),
      )}
      {wrong.retry === true && (
        <p class="error" role="alert">
          {w.longestWrong()}
        </p>
      )}
    </details>
  )
}
