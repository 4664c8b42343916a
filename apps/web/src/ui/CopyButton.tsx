import { useState } from 'react'
import { Button } from './Button.tsx'

/** Copies a text, and says so. Browsers allow that on secure pages and on this machine; elsewhere the text is selected by hand. */
export function CopyButton({ text, what }: { text: string | (() => string); what: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | undefined>()
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
      setOutcome('copied')
    } catch {
      // Not allowed here, or no clipboard at all: the button says so.
      setOutcome('refused')
    }
    setTimeout(() => setOutcome(undefined), 2000)
  }
  return (
    <>
      <Button
        kind="quiet"
        icon={outcome === 'copied' ? 'check' : 'copy'}
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
        onClick={() => void copy()}
      >
        {outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'Copy by hand' : 'Copy'}
      </Button>
      <output className="visually-hidden">{outcome === 'copied' ? `Copied ${what}.` : ''}</output>
    </>
  )
}
