/** The time zone of this browser, or UTC where it keeps that to itself. */
export function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}
