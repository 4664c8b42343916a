import { testImage } from '@sluice/testkit'
import { type KubeInstallation, openKubeInstallation } from '../../tests/support/kube-installation.ts'
import { type BenchDatabase, openBenchPostgres } from '../support/bench-postgres.ts'
import { type ObjectWatch, watchAttemptObjects } from './attempt-objects.ts'
import { createGroups, setUpCluster, setUpCrowd, setUpShop } from './lab-entities.ts'

/** An installation that places step groups in pods, with pipelines to measure by. */
export interface KubeLab extends AsyncDisposable {
  readonly kube: KubeInstallation
  /** The control plane's database. */
  readonly control: BenchDatabase
  readonly objects: ObjectWatch
  /** Image of the runners, as the delegate was told. */
  readonly image: string
  /** Applies the example shop in `groups` step groups side by side. */
  createShopPipeline(identifier: string, groups: number): Promise<void>
  /** Groups whose changesets run until `release` is called, each on a database of its own. */
  createWaitingPipeline(identifier: string, groups: number): Promise<{ release(): Promise<void> }>
}

/** So that fifty pods fit on a small node: they are slow to start, and then only wait. */
const lightLimits = { cpu: '30m', memory: '192Mi' }

/** Durations are those of production, and the control plane's database syncs to disk. */
export async function openKubeLab(groupsMax: number): Promise<KubeLab> {
  const opened: AsyncDisposable[] = []
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]()
  }
  try {
    const postgres = await openBenchPostgres()
    opened.push(postgres)
    const control = await postgres.createDatabase('bench_control')
    const kube = await openKubeInstallation({
      timeScale: 1,
      databaseUrl: control.url,
      delegateEnv: { SLUICE_DELEGATE_CAPACITY: String(groupsMax) },
    })
    opened.push(kube)
    const objects = watchAttemptObjects(kube.kube.admin, kube.namespace)
    opened.push(objects)
    await setUpCluster(kube)
    await setUpShop(kube)
    return {
      kube,
      control,
      objects,
      image: await testImage(kube.kube, kube.namespace),
      createShopPipeline: (identifier, groups) =>
        createGroups(
          kube,
          identifier,
          Array.from({ length: groups }, () => 'shop'),
        ),
      async createWaitingPipeline(identifier, groups) {
        const crowd = await setUpCrowd(kube, groups)
        opened.push(crowd)
        await createGroups(kube, identifier, crowd.names, { spec: { resources: { limits: lightLimits } } })
        return crowd
      },
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
