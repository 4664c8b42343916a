// A module of its own, because it is loaded late: loading the whole contract late would keep all of it in every bundle.
export { errorBody } from '@sluice/contract'
