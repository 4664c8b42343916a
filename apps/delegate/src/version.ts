/** Put in by the bundler; the sources run without. */
declare const SLUICE_VERSION: string | undefined

/** Version of this delegate, as the control plane shows it. */
export const version: string = typeof SLUICE_VERSION === 'string' ? SLUICE_VERSION : '0.1.0'
