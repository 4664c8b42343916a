import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type KubeClient, KubeError } from '@sluice/executor'
import type { Reach } from './reach-from-pods.ts'

/** Whether names of Services can be resolved in pods; the tests' own cluster has no DNS, and routes no Services. */
export async function hasDns(admin: KubeClient): Promise<boolean> {
  try {
    await admin.insist('GET', '/api/v1/namespaces/kube-system/services/kube-dns')
    return true
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return false
    throw error
  }
}

interface Endpoints {
  readonly subsets?: readonly {
    readonly addresses?: readonly { readonly ip: string }[]
    readonly notReadyAddresses?: readonly { readonly ip: string }[]
  }[]
}

/** What kube-proxy would do for one port of a Service: connections go to the pod that its Endpoints name at that moment. */
export function routeService(admin: KubeClient, host: string, namespace: string, service: string, port: number): Promise<Reach> {
  const open = new Set<Socket>()
  const findPod = async (): Promise<string> => {
    const { body } = await admin.insist<Endpoints>('GET', `/api/v1/namespaces/${namespace}/endpoints/${service}`)
    const addresses = (body.subsets ?? []).flatMap((subset) => [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])])
    const [first] = addresses
    if (first === undefined) throw new Error(`The Service "${service}" has no pod.`)
    return first.ip
  }
  const pass = async (incoming: Socket): Promise<void> => {
    const outgoing = connect(port, await findPod())
    outgoing.on('error', () => incoming.destroy())
    outgoing.on('close', () => incoming.destroy())
    incoming.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing).pipe(incoming)
  }
  const server = createServer((incoming) => {
    open.add(incoming)
    incoming.on('error', () => incoming.destroy())
    incoming.on('close', () => open.delete(incoming))
    pass(incoming).catch(() => incoming.destroy())
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        [Symbol.asyncDispose]: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of open) socket.destroy()
          }),
      }),
    )
  })
}
