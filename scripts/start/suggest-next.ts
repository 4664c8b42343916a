import { chooseRelease, nextRelease, type ReleasedDatabase } from './choose-release.ts'

/** Commands that make sense after a start, from what the databases hold and how the pipeline ended. */
export function suggestNext(start: {
  /** Empty where no execution came to be. */
  readonly executionId: string
  /** Whether the pipeline succeeded and every database is where it was to be. */
  readonly isExpected: boolean
  readonly databases: readonly ReleasedDatabase[]
  readonly repositoryDir: string
}): readonly string[] {
  const { executionId, isExpected, databases, repositoryDir } = start
  const show = executionId === '' ? './sluice execution list' : `./sluice execution show ${executionId}`
  const run = (release: string): string => `./sluice pipeline run deploy_shop --input release=${release} --follow`
  if (!isExpected) return [show, './sluice doctor', run(chooseRelease(databases))]
  return [
    `${show} --changesets`,
    run(nextRelease(databases)),
    `  (a change that is committed in ${repositoryDir} first is what it applies)`,
    './sluice target list',
  ]
}
