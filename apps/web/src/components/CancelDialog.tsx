import { executionEndpoints, type ExecutionView } from '@sluice/contract'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useEndpointMutation } from '../api/endpoint-query.ts'
import { executionQuery } from '../api/execution-queries.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog, DialogActions } from '../ui/Dialog.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { controlClass, Field, formClass } from '../ui/Field.tsx'

/** Asks before an execution is stopped, and says what stopping means. */
export function CancelDialog({ execution, onClose }: { execution: ExecutionView; onClose: () => void }) {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const cancel = useEndpointMutation(executionEndpoints.cancel, {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: executionQuery(execution.id).queryKey })
      onClose()
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    cancel.mutate({ params: { executionId: execution.id }, body: reason.trim() === '' ? {} : { reason: reason.trim() } })
  }
  return (
    <Dialog title={`Cancel ${execution.pipelineName} #${String(execution.sequence)}?`} onClose={onClose}>
      <form className={formClass} onSubmit={submit}>
        <p>
          Steps that have not started never will. The changeset that is running now is interrupted and rolled back where the
          database can; what was applied before it stays.
        </p>
        <Field label="Reason (optional)">
          {(ids) => (
            <input
              {...ids}
              className={controlClass}
              maxLength={1024}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
        {cancel.error !== null && <ErrorPanel error={cancel.error} />}
        <DialogActions>
          <Button onClick={onClose}>Keep it running</Button>
          <Button type="submit" kind="danger" busy={cancel.isPending}>
            Cancel the execution
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
