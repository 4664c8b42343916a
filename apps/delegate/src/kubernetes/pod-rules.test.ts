import { deepEqual } from 'node:assert/strict'
import { it } from 'node:test'
import { podRules } from '@sluice/executor'
import { podPolicyRules } from '@sluice/secrets'

it('a policy file can allow pods exactly the rules that the executor lets be broken', () => {
  deepEqual([...podPolicyRules].toSorted(), [...podRules].toSorted())
})
