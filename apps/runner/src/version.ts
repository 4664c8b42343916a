/** Version of this runner, as it names itself to the server. */
export const runnerVersion = '0.1.0'
