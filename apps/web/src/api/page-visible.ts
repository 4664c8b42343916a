/** Resolves once the page can be seen (or the signal is aborted), with a signal that is aborted when it is hidden for `graceMs`. */
export function whenVisible(signal: AbortSignal, graceMs = 10_000): Promise<AbortSignal> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (document.visibilityState === 'hidden' && !signal.aborted) return
      document.removeEventListener('visibilitychange', check)
      signal.removeEventListener('abort', check)
      resolve(hiddenSignal(signal, graceMs))
    }
    document.addEventListener('visibilitychange', check)
    signal.addEventListener('abort', check, { once: true })
    check()
  })
}

function hiddenSignal(signal: AbortSignal, graceMs: number): AbortSignal {
  const hidden = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const check = (): void => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') timer = setTimeout(() => hidden.abort(), graceMs)
  }
  const stop = (): void => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', check)
  }
  document.addEventListener('visibilitychange', check)
  signal.addEventListener('abort', stop, { once: true })
  hidden.signal.addEventListener('abort', stop, { once: true })
  return hidden.signal
}
