import type { Fetch } from '@sluice/client'
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici'
import type { DelegateConfig } from './config.ts'
import { isLoopbackHost } from './loopback.ts'

/** The way to the control plane: its certificate authority, and the proxy in between. */
export interface Upstream {
  readonly dispatcher: Dispatcher
  readonly fetch: Fetch
  close(): Promise<void>
}

/**
 * One pool of connections for everything this delegate and its runners send. `HTTPS_PROXY` and `NO_PROXY` are obeyed, except towards
 * loopback, where a proxy makes no sense.
 */
export function createUpstream(config: Pick<DelegateConfig, 'serverUrl' | 'serverCa' | 'proxy' | 'timings'>): Upstream {
  const { serverUrl, serverCa, proxy, timings } = config
  const tls = serverCa === undefined ? {} : { ca: serverCa }
  const options = {
    connect: { timeout: connectTimeoutMs, ...tls },
    // A held poll answers only after `pollHoldMs`; callers have their own, shorter limits where they want them.
    headersTimeout: timings.pollHoldMs + 60_000,
    bodyTimeout: 60_000,
    keepAliveTimeout: 20_000,
  }
  const usesProxy = proxy.https !== undefined && !isLoopbackHost(new URL(serverUrl).hostname)
  const dispatcher = usesProxy
    ? new EnvHttpProxyAgent({
        ...options,
        requestTls: tls,
        httpProxy: '',
        httpsProxy: proxy.https ?? '',
        noProxy: proxy.none ?? '',
      })
    : new Agent(options)
  return {
    dispatcher,
    fetch: async (url, init) => {
      // The types of undici's own fetch and of the platform's differ in name only.
      const response: unknown = await undiciFetch(url, { ...init, dispatcher } as never)
      return response as Response
    },
    close: () => dispatcher.destroy(),
  }
}

const connectTimeoutMs = 10_000
