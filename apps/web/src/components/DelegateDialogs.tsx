import { type DelegateView, operationEndpoints } from '@sluice/contract'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useEndpointMutation } from '../api/endpoint-query.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog, DialogActions } from '../ui/Dialog.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { formClass } from '../ui/Field.tsx'
import styles from './DelegateDialogs.module.css'

interface DialogProps {
  readonly delegate: DelegateView
  readonly onClose: () => void
}

function useUpdate(onClose: () => void) {
  const client = useQueryClient()
  return useEndpointMutation(operationEndpoints.updateDelegate, {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [operationEndpoints.delegates.id] })
      onClose()
    },
  })
}

/** Approving lets secrets be sealed to a delegate's key, so the key has to be the right one. */
export function ApproveDialog({ delegate, onClose }: DialogProps) {
  const [isCompared, setIsCompared] = useState(false)
  const update = useUpdate(onClose)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    update.mutate({ params: { delegateId: delegate.id }, body: { approved: true } })
  }
  return (
    <Dialog title={`Approve ${delegate.name}?`} onClose={onClose}>
      <form className={formClass} onSubmit={submit}>
        <p>
          From then on secrets are sealed to its key, and it can open them. Compare the fingerprint with that of the key on the
          delegate’s own machine, as whoever runs it reads it there. If nobody has started a delegate of this name, do not approve
          it.
        </p>
        <p className={styles.fingerprint}>{delegate.fingerprint}</p>
        <label className={styles.check}>
          <input type="checkbox" required checked={isCompared} onChange={(event) => setIsCompared(event.currentTarget.checked)} />
          The delegate shows the same fingerprint.
        </label>
        {update.error !== null && <ErrorPanel error={update.error} />}
        <DialogActions>
          <Button onClick={onClose}>Not now</Button>
          <Button
            type="submit"
            kind="primary"
            busy={update.isPending}
            whyNot={isCompared ? undefined : 'Compare the fingerprints first.'}
          >
            Approve
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

/** Revoking is for good. */
export function RevokeDialog({ delegate, onClose }: DialogProps) {
  const update = useUpdate(onClose)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    update.mutate({ params: { delegateId: delegate.id }, body: { revoked: true } })
  }
  return (
    <Dialog title={`Revoke ${delegate.name}?`} onClose={onClose}>
      <form className={formClass} onSubmit={submit}>
        <p>
          It is cut off at once and for good: it gets no more work, and what it still runs can no longer ask to write. To only
          give it no new work, drain it. Secrets that were sealed to it can still be opened with its key; change them if the key
          may be in wrong hands.
        </p>
        {update.error !== null && <ErrorPanel error={update.error} />}
        <DialogActions>
          <Button onClick={onClose}>Keep it</Button>
          <Button type="submit" kind="danger" busy={update.isPending}>
            Revoke
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
