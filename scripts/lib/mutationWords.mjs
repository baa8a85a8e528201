// For stryker.config.mjs: words for people are no behaviour. Leaves out the texts of errors, the names of their classes,
// and the table of problems, which is words and codes without a decision.
export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'words',
    value: {
      /** Why a node of the syntax tree (Babel's) is left alone; undefined: it is mutated. */
      shouldIgnore(path) {
        if (path.isVariableDeclarator() && path.node.id.name === 'table') return 'a table of words'
        if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined
        const { parent, parentPath } = path
        const inError = parentPath?.isNewExpression() && (parent.callee.name ?? '').endsWith('Error')
        const isName = parentPath?.isClassProperty() && parent.key.name === 'name'
        return inError || isName ? 'words for people' : undefined
      },
    },
  },
]
