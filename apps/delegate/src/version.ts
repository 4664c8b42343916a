/** Version of this delegate, as the control plane shows it. */
export const version = '0.1.0'
