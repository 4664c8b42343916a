/** Version of this command, printed by `sluice --version`. */
export const cliVersion = '0.1.0'
