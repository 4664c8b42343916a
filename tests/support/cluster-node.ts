import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { requireOrSkip } from '@sluice/testkit'

/** A container as the node's own kernel and runtime see it. */
export interface NodeContainer {
  readonly id: string
  /** Its first process, in this machine's numbers. */
  readonly pid: number
}

/** For node:test's `skip`: tests that kill containers behind the cluster's back need a node that is this machine, and root. */
export function skipWithoutNode(): false | string {
  const isHere = process.getuid?.() === 0 && pidsOf('kubelet').length > 0 && existsSync('/usr/bin/ctr')
  return requireOrSkip('root on the cluster’s node, with containerd’s ctr (docs/testing.md)', isHere)
}

/** Undefined while it has no process. `containerId` as a pod's status has it: `containerd://…`. */
export function findContainer(containerId: string): NodeContainer | undefined {
  const id = containerId.replace(/^\w+:\/\//, '')
  if (id === '') return undefined
  const pid = allPids().find((candidate) => read(candidate, 'cgroup').includes(id) && isFirst(candidate))
  return pid === undefined ? undefined : { id, pid }
}

/** Every process of a container, its first included. */
export function containerPids({ id }: NodeContainer): readonly number[] {
  return allPids().filter((candidate) => read(candidate, 'cgroup').includes(id))
}

/** How a container is lost: by a signal to its process, by the runtime's kill, or by the deletion of the runtime's task. */
export const containerKills = {
  process: ({ pid }: NodeContainer) => void process.kill(pid, 'SIGKILL'),
  runtimeKill: (container: NodeContainer) => runtime(container, 'tasks', 'kill', '--signal', 'SIGKILL', container.id),
  taskDeleted: (container: NodeContainer) => runtime(container, 'tasks', 'rm', '--force', container.id),
} as const
export type ContainerKill = keyof typeof containerKills

/** The process of the API server that listens on a port, where it is one of this machine's. */
export function findApiServer(port: string): number | undefined {
  const found = pidsOf('kube-apiserver')
  return found.find((pid) => read(pid, 'cmdline').split('\0').join(' ').includes(`--secure-port ${port}`)) ?? found[0]
}

function runtime({ pid }: NodeContainer, ...args: readonly string[]): void {
  // A container's parent is its shim, which was told where its containerd is.
  const parent = Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1])
  const shim = read(parent, 'cmdline').split('\0')
  const value = (option: string): string => shim[shim.indexOf(option) + 1] ?? ''
  try {
    execFileSync('ctr', ['--address', value('-address'), '--namespace', value('-namespace'), ...args], { stdio: 'pipe' })
  } catch (error) {
    // The shim may end before it has answered; what counts is that the process is gone.
    if (existsSync(`/proc/${String(pid)}`)) throw error
  }
}

function isFirst(pid: number): boolean {
  return /^NSpid:\s+\d+\s+1$/m.test(read(pid, 'status'))
}

function pidsOf(program: string): number[] {
  return allPids().filter((pid) => read(pid, 'comm').trim() === program)
}

function allPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []))
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}
