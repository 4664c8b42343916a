import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { Logo } from '../components/Logo.tsx'
import { PageTitle } from '../components/PageTitle.tsx'
import { nextPath, signIn } from '../session.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { controlClass, Field, formClass } from '../ui/Field.tsx'
import { Loading } from '../ui/Loading.tsx'
import styles from './LoginPage.module.css'

/** Sign in with an API key, or with the one-use code in the address. */
export function LoginPage() {
  const [search, setSearch] = useSearchParams()
  const navigate = useNavigate()
  const code = search.get('code')
  const [error, setError] = useState<unknown>()
  const [isBusy, setIsBusy] = useState(code !== null)
  const usedCode = useRef<string | undefined>(undefined)

  const enter = async (credentials: { apiKey: string } | { code: string }): Promise<void> => {
    setIsBusy(true)
    setError(undefined)
    try {
      await signIn(credentials)
      await navigate(nextPath(search), { replace: true })
    } catch (failure) {
      setError(failure)
      setIsBusy(false)
    }
  }

  useEffect(() => {
    // A code works once: an effect that runs twice must not use it up and then complain.
    if (code === null || usedCode.current === code) return
    usedCode.current = code
    setSearch(
      (current) => {
        current.delete('code')
        return current
      },
      { replace: true },
    )
    void enter({ code })
  })

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const apiKey = String(new FormData(event.currentTarget).get('apiKey') ?? '').trim()
    if (apiKey !== '') void enter({ apiKey })
  }

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={36} />
          <PageTitle title="Sign in to Sluice" />
        </div>
        {isBusy && usedCode.current !== undefined && error === undefined && <Loading what="your session" />}
        <form className={formClass} onSubmit={submit}>
          {error !== undefined && <ErrorPanel error={error} />}
          <Field
            label="API key"
            hint="From an administrator. Where Sluice was started with ./start, that command prints a link that signs you in without one."
          >
            {(ids) => (
              <input
                {...ids}
                className={controlClass}
                name="apiKey"
                type="password"
                autoComplete="current-password"
                spellCheck={false}
                required
                maxLength={256}
                placeholder="slk_…"
              />
            )}
          </Field>
          <Button type="submit" kind="primary" busy={isBusy}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  )
}
