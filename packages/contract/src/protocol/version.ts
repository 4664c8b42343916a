/**
 * The delegate and runner protocol's version. The server speaks `min` to `max`; a delegate or runner outside of it is told 426 with a
 * text that says which side to upgrade. Unknown fields are ignored, unknown commands declined.
 */
export const protocolVersions = { min: 1, max: 1 } as const
