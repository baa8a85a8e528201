/** The name of a page in files: `/p/:provider/routes/:id` is `provider-routes-id`. */
export function pageName(pattern: string): string {
  return pattern
    .replace(/^\/p\//, '/')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replace(':', ''))
    .join('-')
}
