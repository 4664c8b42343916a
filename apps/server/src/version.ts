/** Of this build; the bundler puts the real one in. */
declare const SLUICE_VERSION: string | undefined

export const serverVersion: string = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : '0.1.0'
