/** As much of a document as Preact draws into, for tests that look at what is drawn. Nothing has a size but what a test gives. */
type Listener = (this: PageNode, event: unknown) => void

export class PageNode {
  parentNode: PageNode | null = null
  readonly childNodes: PageNode[] = []
  readonly nodeType: number
  readonly localName: string
  readonly ownerDocument = page
  namespaceURI = 'http://www.w3.org/1999/xhtml'
  data = ''
  readonly attributes: Record<string, string> = {}
  private readonly listeners = new Map<string, Listener>()
  readonly style: Record<string, unknown> = { setProperty: () => {} }
  /** Preact asks by it how the event is called. */
  readonly onclick = null
  scrollTop = 0
  clientHeight = 800

  constructor(nodeType: number, localName: string) {
    this.nodeType = nodeType
    this.localName = localName
  }
  get firstChild(): PageNode | null {
    return this.childNodes[0] ?? null
  }
  get nextSibling(): PageNode | null {
    const all = this.parentNode?.childNodes ?? []
    return all[all.indexOf(this) + 1] ?? null
  }
  contains(other: PageNode | null): boolean {
    return other !== null && (other === this || this.contains(other.parentNode))
  }
  insertBefore(child: PageNode, before: PageNode | null): PageNode {
    child.parentNode?.removeChild(child)
    const at = before === null ? this.childNodes.length : this.childNodes.indexOf(before)
    this.childNodes.splice(at, 0, child)
    child.parentNode = this
    return child
  }
  appendChild(child: PageNode): PageNode {
    return this.insertBefore(child, null)
  }
  removeChild(child: PageNode): PageNode {
    const at = this.childNodes.indexOf(child)
    if (at >= 0) this.childNodes.splice(at, 1)
    child.parentNode = null
    return child
  }
  remove(): void {
    this.parentNode?.removeChild(this)
  }
  setAttribute(name: string, value: unknown): void {
    this.attributes[name] = String(value)
  }
  removeAttribute(name: string): void {
    delete this.attributes[name]
  }
  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener)
  }
  removeEventListener(type: string): void {
    this.listeners.delete(type)
  }
  fire(type: string): void {
    this.listeners.get(type)?.call(this, { type })
  }
  getBoundingClientRect(): { height: number } {
    return { height: this.localName === 'tr' ? 40 : 0 }
  }
  /** Tables ask for their first row that is no gap, and for nothing else. */
  querySelector(): PageNode | null {
    return this.all('tr').find((row) => row.parentNode?.localName === 'tbody' && !row.isGap) ?? null
  }
  get isGap(): boolean {
    return this.attributes['class'] === 'gap'
  }
  /** Every element below with this name; without one every node. */
  all(name?: string): PageNode[] {
    return this.childNodes.flatMap((child) => [
      ...(name === undefined || child.localName === name ? [child] : []),
      ...child.all(name),
    ])
  }
  get text(): string {
    return this.nodeType === 3 ? this.data : this.childNodes.map((child) => child.text).join('')
  }
}

const page = {
  createElement: (name: string) => new PageNode(1, name),
  createElementNS: (namespace: string, name: string) =>
    Object.assign(new PageNode(1, name), { namespaceURI: namespace }),
  createTextNode: (data: string) => Object.assign(new PageNode(3, '#text'), { data }),
}

export { page }
