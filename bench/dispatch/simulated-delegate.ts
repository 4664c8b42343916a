import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createId } from '@sluice/base'
import { type DelegateCommand, proofText, protocolEndpoints, protocolVersions } from '@sluice/contract'
import { openTlsCall, type TlsCall } from './tls-call.ts'

export type Offer = Extract<DelegateCommand, { type: 'offer' }>

/** A delegate as the control plane sees one: enrolled with keys of its own, polling with an access token. Runs nothing. */
export interface SimulatedDelegate {
  readonly delegateId: string
  readonly instanceId: string
  readonly name: string
  /** One long poll. */
  poll(free: number): Promise<readonly Offer[]>
  /** False when the offer is not this delegate's any more. */
  accept(offer: Offer): Promise<boolean>
  heartbeat(): Promise<void>
}

const versions = { version: '0.0.0-bench', protocol: protocolVersions }

export async function enrolSimulatedDelegate(call: TlsCall, name: string, enrolmentToken: string): Promise<SimulatedDelegate> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const authPublicKey = publicKey.export({ format: 'jwk' }).x ?? ''
  const prove = (text: string): string => sign(null, Buffer.from(text), privateKey).toString('base64url')
  const takeNonce = async (): Promise<string> => String((await call(protocolEndpoints.nonce.path, undefined))['nonce'])

  const enrolNonce = await takeNonce()
  const enrolled = await call(protocolEndpoints.enroll.path, {
    ...{ token: enrolmentToken, name, tags: ['bench'], instanceName: name, authPublicKey },
    sealPublicKey: randomBytes(32).toString('base64url'),
    nonce: enrolNonce,
    proof: prove(proofText('enroll', authPublicKey, enrolNonce)),
    ...versions,
  })
  const instanceId = String(enrolled['instanceId'])
  const tokenNonce = await takeNonce()
  const reply = await call(protocolEndpoints.token.path, {
    ...{ instanceId, nonce: tokenNonce, signature: prove(proofText('token', instanceId, tokenNonce)) },
    ...versions,
  })
  const accessToken = String(reply['accessToken'])
  const bootId = createId('boot')
  const pollPath = protocolEndpoints.poll.path
  const heartbeatPath = protocolEndpoints.heartbeat.path
  return {
    delegateId: String(enrolled['delegateId']),
    instanceId,
    name,
    async poll(free) {
      const { commands } = (await call(pollPath, { bootId, free, draining: false }, accessToken)) as {
        commands: DelegateCommand[]
      }
      return commands.filter((command) => command.type === 'offer')
    },
    async accept({ attemptId, epoch }) {
      try {
        await call(protocolEndpoints.accept.path.replace('{attemptId}', attemptId), { epoch, bootId }, accessToken)
        return true
      } catch (error) {
        if (error instanceof Error && error.message.includes('ATTEMPT_FENCED')) return false
        throw error
      }
    },
    async heartbeat() {
      await call(heartbeatPath, { bootId, version: versions.version, free: 1, draining: false, attempts: [] }, accessToken)
    },
  }
}

/** Enrols many, a few at a time, each on a connection of its own. */
export async function enrolSimulatedDelegates(
  server: { readonly url: string; readonly ca: string },
  count: number,
  enrolmentToken: string,
): Promise<SimulatedDelegate[]> {
  const delegates: SimulatedDelegate[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1
      const name = `simulated-${String(next)}`
      const call = await openTlsCall(server.url, server.ca)
      delegates.push(await enrolSimulatedDelegate(call, name, enrolmentToken))
    }
  }
  await Promise.all(Array.from({ length: 16 }, work))
  return delegates
}
