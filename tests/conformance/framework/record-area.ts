import type { WarmLiquibase } from '../oracle/warm-liquibase.ts'
import { Answers } from './answers.ts'
import { changelogFiles, changesetIds } from './changelog-files.ts'
import { askAboutChangesets } from './liquibase-side.ts'
import type {
  ChangesetAnswer,
  ChangesetArea,
  ConformanceArea,
  ConformanceDatabase,
  ScenarioAnswer,
  ScenarioCase,
} from './model.ts'
import { runScenario } from './run-scenario.ts'

const refresh = process.env['REFRESH_ORACLE'] === '1'

/** What an answer depends on: the files of the case, and what is done with them. */
export function contentOf(area: ConformanceArea, one: ConformanceArea['cases'][number]): unknown {
  if (area.kind === 'scenarios') return [(one as ScenarioCase).files, (one as ScenarioCase).steps]
  return [changelogFiles(area, [one as never]), changesetIds(one as never)]
}

/** The cases of an area that a database has. */
export function casesOn<Area extends ConformanceArea>(
  area: Area,
  database: ConformanceDatabase,
): readonly Area['cases'][number][] {
  return area.cases.filter((one) => one.databases?.includes(database) ?? true)
}

/** The answers of an area on one database, and the cases without one. */
export function openAnswers(area: ConformanceArea, database: ConformanceDatabase) {
  const cases = casesOn(area, database)
  const answers = new Answers<ChangesetAnswer | ScenarioAnswer>(area.area, database)
  const missing = cases.filter((one) => refresh || answers.find(one.name, contentOf(area, one)) === undefined)
  return { cases, answers, missing }
}

/** Asks for what is missing and stores it; how many were asked for. */
export async function recordArea(
  area: ConformanceArea,
  database: ConformanceDatabase,
  liquibase: WarmLiquibase,
): Promise<number> {
  const { cases, answers, missing } = openAnswers(area, database)
  if (missing.length === 0) return 0
  try {
    if (area.kind === 'changesets') await recordChangesets(area, database, liquibase, answers, missing as ChangesetArea['cases'])
    else {
      for (const one of missing as readonly ScenarioCase[]) {
        const { answer } = await runScenario((args) => liquibase.run(args), one, database)
        answers.put(one.name, contentOf(area, one), answer)
      }
    }
  } finally {
    answers.save(cases.map((one) => one.name))
  }
  return missing.length
}

async function recordChangesets(
  area: ChangesetArea,
  database: ConformanceDatabase,
  liquibase: WarmLiquibase,
  answers: Answers<ChangesetAnswer | ScenarioAnswer>,
  missing: ChangesetArea['cases'],
): Promise<void> {
  for (const [name, answer] of await askAboutChangesets(liquibase, area, missing, database)) {
    const one = missing.find((candidate) => candidate.name === name)
    if (one !== undefined) answers.put(name, contentOf(area, one), answer)
  }
}
