import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm run build` passes the folder to write to; alone it is the same one.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: resolve(import.meta.dirname, '../../dist/web'),
    emptyOutDir: true,
    // light-dark() and the rest of what tokens.css uses are left as they are.
    target: ['chrome123', 'firefox128', 'safari18'],
    // The page is served with default-src 'self': no data: URLs, no inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // For work on the UI alone: a server on its usual port answers the calls.
    proxy: { '/api': { target: process.env['SLUICE_URL'] ?? 'http://127.0.0.1:8400', changeOrigin: false } },
  },
})
