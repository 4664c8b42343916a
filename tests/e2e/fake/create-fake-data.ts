import { type FakeData } from './fake-data.ts'
import { createDelegates } from './fake-delegates.ts'
import { addFinishedScenes } from './finished-scenes.ts'
import { addLargeScenes } from './large-scenes.ts'
import { addOpenScenes } from './open-scenes.ts'
import { createSceneBuilder } from './scene-builder.ts'

/** A control plane in which something of everything has just happened. */
export function createFakeData(now: number = Date.now()): FakeData {
  const data: FakeData = {
    executions: new Map(),
    changesets: new Map(),
    logs: new Map(),
    selections: new Map(),
    kubernetesEvents: new Map(),
    delegates: createDelegates((secondsAgo) => new Date(now - secondsAgo * 1000).toISOString()),
    targets: [],
  }
  const builder = createSceneBuilder(data, now)
  addFinishedScenes(builder)
  addOpenScenes(builder)
  addLargeScenes(builder)
  return data
}
