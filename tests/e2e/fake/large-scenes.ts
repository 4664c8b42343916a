import { executionIds } from './fake-data.ts'
import type { SceneBuilder } from './scene-builder.ts'

/** Executions with much in them. */
export function addLargeScenes({ data, at, step, group, add, applied, attempt, stage }: SceneBuilder): void {
  // Groups and steps side by side, an implicit group, long names.
  {
    const exe = executionIds.parallel
    const regions = ['eu_west_frankfurt', 'us_east_virginia', 'ap_south_mumbai']
    add({
      id: exe,
      pipelineIdentifier: 'roll_out_everywhere_after_the_quarterly_review',
      pipelineName: 'Roll out everywhere after the quarterly review of all regional data protection officers',
      sequence: 128,
      state: 'Succeeded',
      triggeredBy: 'webhook push of main by a-person-with-a-long-name@example.com',
      startedAt: at(200_000),
      endedAt: at(193_000),
      stages: [
        stage('canary', 'Canary', 'Succeeded', [
          group('check', {
            implicit: true,
            state: 'Succeeded',
            nodes: [
              step(exe, 'canary/check', {
                name: 'Apply to the canary',
                state: 'Succeeded',
                dbInstance: 'canary',
                startedAt: at(200_000),
                endedAt: at(199_990),
                counts: { planned: 0, applied: 0, rolledBack: 0, failed: 0 },
              }),
            ],
          }),
        ]),
        stage('regions', 'Regions', 'Succeeded', [
          {
            kind: 'parallel',
            nodes: regions.map((region) =>
              group(region, {
                name: region,
                state: 'Succeeded',
                attempt: attempt(),
                nodes: [
                  {
                    kind: 'parallel',
                    nodes: ['orders', 'customers'].map((name) =>
                      step(exe, `regions/${region}/${name}`, {
                        name: `Apply ${name}`,
                        state: 'Succeeded',
                        dbInstance: `${name}_${region}`,
                        startedAt: at(199_900),
                        endedAt: at(193_100),
                        counts: { planned: 3, applied: 3, rolledBack: 0, failed: 0 },
                      }),
                    ),
                  },
                ],
              }),
            ),
          },
        ]),
        stage('cleanup', 'Clean up', 'Succeeded', [
          group('undo', {
            implicit: true,
            state: 'Succeeded',
            nodes: [
              step(exe, 'cleanup/undo', {
                name: 'Roll the canary back',
                type: 'DBSchemaRollback',
                state: 'Succeeded',
                dbInstance: 'canary',
                startedAt: at(193_050),
                endedAt: at(193_040),
                counts: { planned: 2, applied: 0, rolledBack: 2, failed: 0 },
              }),
            ],
          }),
        ]),
      ],
    })
  }

  // A log of many lines.
  {
    const exe = executionIds.bigLog
    const big = applied(exe, 'dev', 'shop_dev', 300_000)
    const stream = big.log?.stream ?? ''
    const lines = Array.from({ length: 30_000 }, (_, index) => `10:00:00.000     insert into numbers values (${String(index)})`)
    const text = `${lines.join('\n')}\n… 5242880 bytes of this log were dropped: it is larger than its limit …\n10:05:00.000 The last line.\n`
    data.logs.set(stream, { text, sealed: true })
    add({
      id: exe,
      pipelineIdentifier: 'load_numbers',
      pipelineName: 'Load numbers',
      sequence: 1,
      state: 'Succeeded',
      triggeredBy: 'ada',
      startedAt: at(300_000),
      endedAt: at(299_000),
      stages: [
        stage('dev', 'Development', 'Succeeded', [
          group('dev_database', {
            state: 'Succeeded',
            nodes: [{ ...big, log: { stream, length: Buffer.byteLength(text), sealed: true, gaps: 1 } }],
          }),
        ]),
      ],
    })
  }
}
