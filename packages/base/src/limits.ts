/** Upper bounds that more than one package obeys. Sizes are bytes, times milliseconds. */
export const limits = {
  /** Any JSON body of the public API. */
  requestBytesMax: 4 * 1024 * 1024,
  /** One YAML document (pipeline, entity, changelog root). */
  yamlBytesMax: 4 * 1024 * 1024,
  /** One chunk of a step's log, before compression. */
  logChunkBytesMax: 256 * 1024,
  /** A step's whole log; beyond it the middle is dropped and marked as a gap. */
  logBytesMax: 100 * 1024 * 1024,
  /** All outputs of one step together. */
  outputBytesMax: 64 * 1024,
  /** One secret's plaintext. */
  secretBytesMax: 64 * 1024,
  pageSizeDefault: 50,
  pageSizeMax: 500,
} as const
