import { executionEndpoints } from '@sluice/contract'
import { api } from '../api/client.ts'

/** Bytes of one call: the most that the server gives at once. */
const pieceBytes = 8 * 1024 * 1024

/** Fetches a whole log, as far as it goes now, and saves it as a file. */
export async function downloadLog(executionId: string, stream: string, fileName: string): Promise<void> {
  const pieces: BlobPart[] = []
  let offset = 0
  for (;;) {
    const response = await api.raw(executionEndpoints.log, {
      params: { executionId, stream },
      query: { offset, limit: pieceBytes },
      timeoutMs: 120_000,
    })
    const bytes = await response.arrayBuffer()
    if (bytes.byteLength === 0) break
    pieces.push(bytes)
    offset += bytes.byteLength
  }
  const url = URL.createObjectURL(new Blob(pieces, { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
