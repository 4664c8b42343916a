import { type FormEvent, useEffect, useState } from 'react'
import { type LoaderFunctionArgs, redirect, useLoaderData, useNavigate, useSearchParams } from 'react-router'
import { Logo } from '../components/Logo.tsx'
import { PageTitle } from '../components/PageTitle.tsx'
import { nextPath, signIn } from '../session.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { controlClass, Field, formClass } from '../ui/Field.tsx'
import styles from './LoginPage.module.css'

/** Trades the one-use code of a link for a session before anything is shown. */
export async function loginLoader({ request }: LoaderFunctionArgs): Promise<Response | { readonly failure: unknown }> {
  const { searchParams } = new URL(request.url)
  const code = searchParams.get('code')
  if (code === null) return { failure: undefined }
  try {
    await signIn({ code })
    return redirect(nextPath(searchParams))
  } catch (failure) {
    return { failure }
  }
}

/** Sign in with an API key. */
export function LoginPage() {
  const { failure } = useLoaderData<{ readonly failure: unknown }>()
  const [search, setSearch] = useSearchParams()
  const navigate = useNavigate()
  const [error, setError] = useState<unknown>(failure)
  const [isBusy, setIsBusy] = useState(false)
  const hasCode = search.has('code')

  useEffect(() => {
    // A code that did not work has no business in the address and the history.
    if (!hasCode) return
    setSearch(
      (current) => {
        current.delete('code')
        return current
      },
      { replace: true },
    )
  }, [hasCode, setSearch])

  const enter = async (apiKey: string): Promise<void> => {
    setIsBusy(true)
    setError(undefined)
    try {
      await signIn({ apiKey })
      await navigate(nextPath(search), { replace: true })
    } catch (refusal) {
      setError(refusal)
      setIsBusy(false)
    }
  }
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const apiKey = new FormData(event.currentTarget).get('apiKey')
    if (typeof apiKey === 'string' && apiKey.trim() !== '') void enter(apiKey.trim())
  }

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={36} />
          <PageTitle title="Sign in to Sluice" />
        </div>
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
