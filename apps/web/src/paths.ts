/** Every address inside the UI. */
export const paths = {
  login: '/login',
  executions: '/executions',
  execution: (id: string) => `/executions/${encodeURIComponent(id)}`,
  step: (id: string, stepPath: string) => `/executions/${encodeURIComponent(id)}?step=${encodeURIComponent(stepPath)}`,
  delegates: '/delegates',
  targets: '/targets',
} as const
