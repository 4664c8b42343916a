import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { NavLink, Outlet, useNavigate, useNavigation } from 'react-router'
import { whoamiQuery } from '../api/execution-queries.ts'
import { paths } from '../paths.ts'
import { signOut } from '../session.ts'
import { chooseTheme, currentTheme } from '../theme.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import { Logo } from './Logo.tsx'
import styles from './Shell.module.css'

/** What is around every page behind the login. */
export function Shell() {
  const { state } = useNavigation()
  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to the page
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <NavLink to={paths.executions} className={styles.brand ?? ''}>
            <Logo />
            <span>Sluice</span>
          </NavLink>
          <nav className={styles.nav} aria-label="Pages">
            <NavLink to={paths.executions}>Executions</NavLink>
            <NavLink to={paths.delegates}>Delegates</NavLink>
            <NavLink to={paths.targets}>Targets</NavLink>
          </nav>
          <Account />
        </div>
      </header>
      <ConnectionBanner />
      <main id="main" className={styles.main} tabIndex={-1} aria-busy={state === 'loading'}>
        <Outlet />
      </main>
    </div>
  )
}

function Account() {
  const { data } = useQuery({ ...whoamiQuery(), staleTime: Number.POSITIVE_INFINITY })
  const [theme, setTheme] = useState(currentTheme)
  const [error, setError] = useState<unknown>()
  const navigate = useNavigate()
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <div className={styles.account}>
      {data !== undefined && (
        <span className={styles.who} title={`Server ${data.serverVersion}`}>
          <span>{data.name}</span> {data.role !== data.name && <small>{data.role}</small>}
        </span>
      )}
      <Button
        kind="quiet"
        icon={theme === 'dark' ? 'sun' : 'moon'}
        aria-label={`Use the ${other} theme`}
        title={`Use the ${other} theme`}
        onClick={() => {
          chooseTheme(other)
          setTheme(other)
        }}
      />
      <Button
        kind="quiet"
        icon="exit"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => {
          signOut(() => navigate(paths.login)).catch(setError)
        }}
      />
      {error !== undefined && <ErrorPanel error={error} />}
    </div>
  )
}
