import './tokens.css'
import './base.css'
import { config } from 'zod'
import { applyStoredTheme } from './theme.ts'

applyStoredTheme()

// Zod compiles its checks with `new Function` unless told not to, which the page's content security policy forbids. The rest of the UI is
// imported afterwards because its schemas ask when they are made.
config({ jitless: true })
const { startApp } = await import('./app.tsx')
startApp()
