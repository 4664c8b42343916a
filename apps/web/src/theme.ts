export type Theme = 'light' | 'dark'

const storageKey = 'sluice-theme'

/** The reader's own choice; undefined follows the system. */
function readTheme(): Theme | undefined {
  try {
    const stored = localStorage.getItem(storageKey)
    return stored === 'light' || stored === 'dark' ? stored : undefined
  } catch {
    // Storage can be switched off: the system's theme it is.
    return undefined
  }
}

/** What is shown now. */
export function currentTheme(): Theme {
  return readTheme() ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
}

export function applyStoredTheme(): void {
  const theme = readTheme()
  if (theme !== undefined) document.documentElement.dataset['theme'] = theme
}

/** Shows and remembers a theme; the one that the system has is not remembered, so that the page follows it again. */
export function chooseTheme(theme: Theme): void {
  const isSystems = matchMedia('(prefers-color-scheme: dark)').matches === (theme === 'dark')
  document.documentElement.dataset['theme'] = theme
  try {
    if (isSystems) localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, theme)
  } catch {
    // Shown, but not remembered.
  }
}
