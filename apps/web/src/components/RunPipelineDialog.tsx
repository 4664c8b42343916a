import { executionEndpoints } from '@sluice/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { useEndpointMutation } from '../api/endpoint-query.ts'
import { currentScope, pipelineQuery, pipelinesQuery } from '../api/execution-queries.ts'
import { findInputs } from '../execution/find-inputs.ts'
import { paths } from '../paths.ts'
import { Button } from '../ui/Button.tsx'
import { CommandLine } from '../ui/CommandLine.tsx'
import { Dialog, DialogActions } from '../ui/Dialog.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { controlClass, Field, formClass } from '../ui/Field.tsx'
import { Loading } from '../ui/Loading.tsx'
import styles from './RunPipelineDialog.module.css'

interface Row {
  readonly key: number
  readonly name: string
  readonly value: string
}

/** Chooses a pipeline, takes its inputs and starts it. */
export function RunPipelineDialog({ pipeline, onClose }: { pipeline: string | undefined; onClose: () => void }) {
  const pipelines = useQuery(pipelinesQuery())
  const names = pipelines.data?.items.map(({ spec }) => ({
    id: String(spec['identifier']),
    name: String(spec['name'] ?? spec['identifier']),
  }))
  return (
    <Dialog title="Run a pipeline" onClose={onClose}>
      {pipelines.isPending && <Loading what="the pipelines" />}
      {pipelines.error !== null && <ErrorPanel error={pipelines.error} />}
      {names !== undefined &&
        (names.length === 0 ? (
          <div className={formClass}>
            <p>There is no pipeline yet. Pipelines are YAML; load one with</p>
            <CommandLine command="sluice apply -f FILE" />
          </div>
        ) : (
          <RunForm names={names} first={pipeline ?? names[0]?.id ?? ''} onClose={onClose} />
        ))}
    </Dialog>
  )
}

function RunForm({
  names,
  first,
  onClose,
}: {
  names: readonly { id: string; name: string }[]
  first: string
  onClose: () => void
}) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const [chosen, setChosen] = useState(first)
  const [rows, setRows] = useState<readonly Row[]>([])
  const details = useQuery(pipelineQuery(chosen))
  const yaml = details.data?.spec['yaml']
  const suggested = typeof yaml === 'string' ? findInputs(yaml) : []
  const run = useEndpointMutation(executionEndpoints.run, {
    onSuccess: async (started) => {
      await client.invalidateQueries({ queryKey: [executionEndpoints.list.id] })
      await navigate(paths.execution(started.id))
    },
  })
  // A second click, or a retry after a lost answer, starts nothing twice.
  const [idempotencyKey, setIdempotencyKey] = useState(createKey)

  const change = (next: readonly Row[]): void => {
    setRows(next)
    setIdempotencyKey(createKey())
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const inputs = Object.fromEntries(rows.flatMap(({ name, value }) => (name.trim() === '' ? [] : [[name.trim(), value]])))
    run.mutate({ body: { pipelineIdentifier: chosen, ...currentScope, inputs, idempotencyKey } })
  }

  return (
    <form className={formClass} onSubmit={submit}>
      <Field label="Pipeline">
        {(ids) => (
          <select
            {...ids}
            className={controlClass}
            value={chosen}
            onChange={(event) => {
              setChosen(event.currentTarget.value)
              change([])
            }}
          >
            {names.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Inputs rows={rows} suggested={suggested} onChange={change} />
      {run.error !== null && <ErrorPanel error={run.error} />}
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
        <Button type="submit" kind="primary" icon="play" busy={run.isPending}>
          Run
        </Button>
      </DialogActions>
    </form>
  )
}

/** Inputs as names and values; those that the pipeline asks for are offered. */
function Inputs({
  rows,
  suggested,
  onChange,
}: {
  rows: readonly Row[]
  suggested: readonly string[]
  onChange: (rows: readonly Row[]) => void
}) {
  const add = (name: string): void => onChange([...rows, { key: Date.now() + rows.length, name, value: '' }])
  const edit = (key: number, part: Partial<Row>): void =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...part } : row)))
  const left = suggested.filter((name) => rows.every((row) => row.name !== name))
  return (
    <fieldset className={styles.inputs}>
      <legend>Inputs</legend>
      {rows.length === 0 && <p className={styles.note}>None are given; variables keep their defaults.</p>}
      {rows.map(({ key, name, value }, index) => (
        <div key={key} className={styles.row}>
          <input
            className={controlClass}
            aria-label={`Name of input ${String(index + 1)}`}
            placeholder="name"
            value={name}
            spellCheck={false}
            onChange={(event) => edit(key, { name: event.currentTarget.value })}
          />
          <input
            className={controlClass}
            aria-label={`Value of input ${String(index + 1)}`}
            placeholder="value"
            value={value}
            spellCheck={false}
            onChange={(event) => edit(key, { value: event.currentTarget.value })}
          />
          <Button
            kind="quiet"
            icon="cross"
            aria-label={`Remove input ${name === '' ? String(index + 1) : name}`}
            onClick={() => onChange(rows.filter((row) => row.key !== key))}
          />
        </div>
      ))}
      <div className={styles.add}>
        {left.map((name) => (
          <Button key={name} icon="plus" onClick={() => add(name)}>
            {name}
          </Button>
        ))}
        <Button kind="quiet" icon="plus" onClick={() => add('')}>
          Add input
        </Button>
      </div>
    </fieldset>
  )
}

function createKey(): string {
  return `web-${String(Date.now())}-${Math.random().toString(36).slice(2)}`
}
