// Runs before the page is drawn, so that it never flashes in the other theme or language. As short as can be.
try {
  const { theme, locale } = {
    theme: localStorage.getItem('pbstream.theme'),
    locale: localStorage.getItem('pbstream.locale'),
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
  document.documentElement.lang = (locale ?? navigator.language).toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
} catch {
  // A browser that keeps nothing has nothing to remember.
}

export {}
