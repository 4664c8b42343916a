import { didYouMean } from '@sluice/base'
import { pathsOf } from './expression.ts'
import type { Pipeline, Place, Stage, Variable } from './model.ts'
import { parseExpression } from './parse-expression.ts'
import { groupsIn, compareOrder, outerNodes } from './node-positions.ts'
import type { OuterNode } from './node-positions.ts'
import { parseReference } from './reference.ts'
import type { GroupVariableReference, NodeReference, Reference } from './reference.ts'
import { quote } from './report.ts'
import type { Report } from './report.ts'
import { templateSites, variableKey } from './template-sites.ts'
import type { Position, TemplateSite } from './template-sites.ts'

/**
 * Reports every reference that cannot have a value whatever happens: unknown names, what runs later, circles of variables.
 *
 * @param incomplete whether something could not be parsed: then a name that is missing may be the one that was left out.
 */
export function checkReferences(pipeline: Pipeline, report: Report, incomplete = false): void {
  const checker = new Checker(pipeline, report, incomplete)
  for (const site of templateSites(pipeline)) checker.check(site)
  checker.checkCircles()
}

class Checker {
  readonly #pipeline: Pipeline
  readonly #report: Report
  readonly #incomplete: boolean
  /** Which variables each variable's value names, by `variableKey`. */
  readonly #uses = new Map<string, Set<string>>()

  constructor(pipeline: Pipeline, report: Report, incomplete: boolean) {
    this.#pipeline = pipeline
    this.#report = report
    this.#incomplete = incomplete
  }

  check(site: TemplateSite): void {
    for (const part of site.template ?? []) {
      if (part.kind === 'expression') this.#expression(site, part.expression, part.place)
    }
    if (site.condition !== undefined) this.#expression(site, site.condition.expression, site.condition.place)
  }

  /** Variables whose values need each other. */
  checkCircles(): void {
    const done = new Set<string>()
    const places = new Map<string, Place>()
    for (const { name, place } of this.#pipeline.variables) places.set(name, place)
    for (const stage of this.#pipeline.stages) {
      for (const { name, place } of stage.variables) places.set(variableKey(name, stage.identifier), place)
      for (const group of groupsIn(stage)) {
        for (const { name, place } of group.variables) places.set(variableKey(name, stage.identifier, group.identifier), place)
      }
    }
    for (const start of this.#uses.keys()) {
      // Iterative, since a chain may be as long as the list of variables.
      const stack: { key: string; rest: string[] }[] = [{ key: start, rest: [...(this.#uses.get(start) ?? [])] }]
      const open = new Set([start])
      while (stack.length > 0) {
        const top = stack.at(-1)
        const next = top?.rest.pop()
        if (top === undefined || next === undefined) {
          if (top !== undefined) {
            open.delete(top.key)
            done.add(top.key)
          }
          stack.pop()
        } else if (open.has(next)) {
          const message = `The value of variable ${quote(next)} needs itself.`
          this.#report.error(
            'PIPELINE_CIRCLE',
            message,
            places.get(next),
            'Give one of the variables a value without the others.',
          )
          done.add(next)
          for (const { key } of stack) done.add(key)
          stack.length = 0
        } else if (!done.has(next)) {
          open.add(next)
          stack.push({ key: next, rest: [...(this.#uses.get(next) ?? [])] })
        }
      }
      done.add(start)
    }
  }

  #expression(site: TemplateSite, source: string, place: Place): void {
    const parsed = parseExpression(source)
    if (!parsed.ok) return
    // A secret may stand alone in its brackets where secrets may, and never inside an expression.
    const inside = parsed.expression.kind === 'path' ? site : { ...site, secrets: undefined }
    for (const { segments } of pathsOf(parsed.expression)) {
      const result = parseReference(segments)
      if (!result.ok) this.#report.error('EXPRESSION_REFERENCE', `${site.what}: ${result.message}`, place, result.hint)
      else this.#reference(inside, result.reference, place)
    }
  }

  #reference(site: TemplateSite, reference: Reference, place: Place): void {
    switch (reference.kind) {
      case 'pipelineFact':
      case 'pipelineStatus':
      case 'trigger':
        return
      case 'pipelineVariable':
        this.#variable(site, this.#pipeline.variables, reference.name, 'pipeline', variableKey(reference.name), place)
        return
      case 'ownFact': {
        const has = reference.of === 'step' ? site.inStep : site.inGroup
        if (!has) this.#fail(site, `there is no ${reference.of === 'step' ? 'step' : 'step group'} here.`, place)
        return
      }
      default: {
        const index = this.#stageIndex(site, reference.stage, place)
        const stage = index === undefined ? undefined : this.#pipeline.stages[index]
        if (index !== undefined && stage !== undefined) this.#inStage(site, reference, index, stage, place)
      }
    }
  }

  #inStage(
    site: TemplateSite,
    reference: Exclude<Reference, { kind: 'pipelineFact' | 'pipelineStatus' | 'pipelineVariable' | 'ownFact' | 'trigger' }>,
    index: number,
    stage: Stage,
    place: Place,
  ): void {
    const current = site.position?.stage
    if (reference.kind === 'stageFact') return
    if (current === undefined) {
      this.#fail(site, 'what happens in a stage is not known before the pipeline runs.', place)
    } else if (index > current) {
      this.#fail(site, `the stage ${quote(stage.identifier)} runs later.`, place)
    } else if (reference.kind === 'stageVariable') {
      const key = variableKey(reference.name, stage.identifier)
      this.#variable(site, stage.variables, reference.name, `stage ${quote(stage.identifier)}`, key, place)
    } else if (reference.kind === 'groupVariable') {
      this.#groupVariable(site, reference, index, stage, place)
    } else if (reference.kind !== 'stageStatus') {
      this.#node(site, reference, index, stage, place)
    }
  }

  #variable(site: TemplateSite, variables: readonly Variable[], name: string, owner: string, key: string, place: Place): void {
    const variable = variables.find((candidate) => candidate.name === name)
    if (variable === undefined) {
      if (this.#incomplete) return
      const near = didYouMean(
        name,
        variables.map((candidate) => candidate.name),
      )
      const hint = near === undefined ? 'Declare it under "variables".' : `Did you mean "${near}"?`
      this.#fail(site, `the ${owner} has no variable ${quote(name)}.`, place, hint)
      return
    }
    if (variable.type === 'Secret') {
      if (site.secrets === true) return
      const message = `${site.what} cannot hold a secret, and the variable ${quote(name)} is one.`
      this.#report.error('PIPELINE_SECRET_NOT_ALLOWED', message, place)
      return
    }
    if (site.variable === undefined) return
    const uses = this.#uses.get(site.variable) ?? new Set()
    this.#uses.set(site.variable, uses.add(key))
  }

  /** Variables of a group have their values once it is reached, before its condition is looked at. */
  #groupVariable(site: TemplateSite, reference: GroupVariableReference, index: number, stage: Stage, place: Place): void {
    const { position } = site
    if (reference.group === undefined && !site.inGroup) {
      this.#fail(site, 'there is no step group here.', place)
      return
    }
    const outer =
      reference.group === undefined
        ? outerNodes(stage, index).find(({ position: own }) => own.node === position?.node && own.member === position?.member)
        : this.#findGroup(site, reference.group, index, stage, place)
    if (outer?.inner.kind !== 'group' || position === undefined) return
    const group = outer.inner
    if (index === position.stage) {
      const isReached = position.node !== undefined && (outer.position.node ?? 0) <= position.node
      const isBeside = outer.position.node === position.node && outer.position.member !== position.member
      if (!isReached || isBeside) {
        const when = isReached ? 'is reached at the same time' : 'has not been reached yet when this is evaluated'
        this.#fail(site, `the step group ${quote(group.identifier)} ${when}.`, place)
        return
      }
    }
    const key = variableKey(reference.name, stage.identifier, group.identifier)
    this.#variable(site, group.variables, reference.name, `step group ${quote(group.identifier)}`, key, place)
  }

  #findGroup(site: TemplateSite, identifier: string, index: number, stage: Stage, place: Place): OuterNode | undefined {
    const nodes = outerNodes(stage, index)
    const outer = nodes.find(({ inner }) => inner.identifier === identifier)
    if (outer?.inner.kind === 'step') {
      this.#fail(site, `${quote(identifier)} is a step, and only step groups have variables.`, place)
    }
    if (outer === undefined) {
      const names = nodes.filter(({ inner }) => inner.kind === 'group').map(({ inner }) => inner.identifier)
      this.#missing(site, identifier, `stage ${quote(stage.identifier)}`, names, place)
    }
    return outer
  }

  #node(site: TemplateSite, reference: NodeReference, index: number, stage: Stage, place: Place): void {
    const position = this.#findNode(site, reference, index, stage, place)
    if (position === undefined || site.position === undefined) return
    if (position.stage < site.position.stage) return
    const what = quote(reference.path.join('.'))
    if (site.position.node === undefined) {
      this.#fail(site, `${what} has not run yet when this is evaluated.`, place)
      return
    }
    const order = compareOrder(position, site.position)
    if (order === 'later') this.#fail(site, `${what} has not ended yet when this is evaluated.`, place)
    if (order === 'itself') this.#fail(site, `${what} is the step itself.`, place)
    if (order === 'sameTime') this.#fail(site, `${what} runs at the same time.`, place)
    const isSameGroup = position.node === site.position.node && position.member === site.position.member
    if (order === 'before' && isSameGroup && site.role === 'target') {
      const hint = 'Put the two steps into different groups: a group goes to its delegate only when all of its targets are known.'
      this.#fail(site, `${what} is in the same step group, so it has not run yet when this is evaluated.`, place, hint)
    }
  }

  #findNode(site: TemplateSite, reference: NodeReference, index: number, stage: Stage, place: Place): Position | undefined {
    const [first = '', second] = reference.path
    const nodes = outerNodes(stage, index)
    const outer = nodes.find(({ inner }) => inner.identifier === first)
    if (outer === undefined) {
      const names = nodes.map(({ inner }) => inner.identifier)
      this.#missing(site, first, `stage ${quote(stage.identifier)}`, names, place)
      return undefined
    }
    if (outer.inner.kind === 'step') {
      if (second === undefined) return outer.position
      this.#fail(site, `${quote(first)} is a step, not a step group.`, place, `Write <+execution.steps.${first}.output.NAME>.`)
      return undefined
    }
    if (second === undefined) {
      if (reference.kind === 'nodeStatus') return outer.position
      const hint = `Write <+execution.steps.${first}.steps.STEP.output.NAME>.`
      this.#fail(site, `${quote(first)} is a step group; only steps have outputs.`, place, hint)
      return undefined
    }
    const steps = outer.inner.nodes.flatMap((node, inner) =>
      node.kind === 'parallel'
        ? node.nodes.map((step, innerMember) => ({ step, position: { ...outer.position, inner, innerMember } }))
        : [{ step: node, position: { ...outer.position, inner } }],
    )
    const found = steps.find(({ step }) => step.identifier === second)
    if (found === undefined) {
      const names = steps.map(({ step }) => step.identifier)
      this.#missing(site, second, `step group ${quote(first)}`, names, place)
    }
    return found?.position
  }

  #stageIndex(site: TemplateSite, identifier: string | undefined, place: Place): number | undefined {
    if (identifier === undefined) {
      if (site.position === undefined) this.#fail(site, 'there is no stage here.', place)
      return site.position?.stage
    }
    const index = this.#pipeline.stages.findIndex((stage) => stage.identifier === identifier)
    if (index >= 0) return index
    const names = this.#pipeline.stages.map((stage) => stage.identifier)
    this.#missing(site, identifier, 'pipeline', names, place)
    return undefined
  }

  #missing(site: TemplateSite, name: string, owner: string, names: readonly string[], place: Place): void {
    if (this.#incomplete) return
    const near = didYouMean(name, names)
    const hint = near === undefined ? `There are ${names.slice(0, 10).join(', ')}.` : `Did you mean "${near}"?`
    this.#fail(site, `there is no ${quote(name)} in the ${owner}.`, place, hint)
  }

  #fail(site: TemplateSite, problem: string, place: Place, hint?: string): void {
    this.#report.error('EXPRESSION_REFERENCE', `${site.what}: ${problem}`, place, hint)
  }
}
