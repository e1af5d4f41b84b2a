import type { RelationDefinition } from '../entity-schema.js'
import { companionOf, sideOf } from './companion.js'
import { assignForeignKey, refersTo, refersToSome } from './foreign-key.js'
import { CollectionSide, RefSide, type RelationSide } from './relation-side.js'

// Both sides of a relation are changed here, and nowhere else by hand.

/** Relates the entity of a side to another one. */
export function relate(side: RelationSide, other: object): void {
  const { definition, entity } = side
  if (definition.kind === 'manyToMany') link(definition, entity, other)
  else if (definition.isOwner) refer(side as RefSide, other)
  else refer(owningRef(definition, other), entity)
}

/** Ends that the entity of a side is related to another one. */
export function unrelate(side: RelationSide, other: object): void {
  const { definition, entity } = side
  if (definition.kind === 'manyToMany') {
    unlink(definition, entity, other)
    return
  }
  if (definition.isOwner) {
    if (side.has(other)) takeOut(side as RefSide, other)
    return
  }
  // A foreign key that was set by hand says more than what was known before.
  const ref = owningRef(definition, other)
  const isKnown = ref.target === entity
  if (refersTo(ref.definition, other, entity) || (isKnown && !refersToSome(ref.definition, other))) takeOut(ref, entity)
  else if (isKnown) leave(side, other)
}

/** Relates the entity of a side to one other at most. */
export function relateOnly(side: RefSide, other: object | null): void {
  if (other !== null) relate(side, other)
  else if (side.target) unrelate(side, side.target)
  else if (side.definition.isOwner) takeOut(side, undefined)
}

/** Puts both sides of what an entity is related to in step again, where only its own side says so. */
export function reconnect(side: RelationSide): void {
  const { definition, entity } = side
  for (const other of side.known()) {
    if (definition.kind === 'manyToMany') {
      const own = definition.isOwner ? side : sideOf(other, inverseOf(definition))
      const far = definition.isOwner ? other : entity
      if (own.has(far) && (own !== side || mirrorHas(own, far))) continue
      if (own !== side && side instanceof CollectionSide) side.members?.delete(other)
      link(definition, entity, other)
    } else if (definition.isOwner) {
      const { inverse } = definition
      if (inverse !== undefined && !sideOf(other, inverse).has(entity)) enter(sideOf(other, inverse), entity)
    } else {
      const ref = owningRef(definition, other)
      if (ref.target !== entity) refer(ref, entity)
    }
  }
}

/** Takes an entity into the other side of one that refers to it, or out of it; the foreign key says so already. */
export function enter(side: RelationSide, entity: object): void {
  if (side.has(entity)) return
  if (side instanceof RefSide) {
    const before = side.target
    if (before) takeOut(owningRef(side.definition, before), side.entity)
    change(side, () => {
      side.removed?.delete(entity)
      side.target = entity
    })
  } else if (side instanceof CollectionSide) {
    change(side, () => {
      side.removed?.delete(entity)
      if (side.members === undefined) side.noteAdded(entity)
      else side.members.add(entity)
    })
  }
}

export function leave(side: RelationSide, entity: object): void {
  if (!side.has(entity)) return
  if (side instanceof RefSide) change(side, () => (side.target = null))
  else if (side instanceof CollectionSide) {
    change(side, () => {
      side.members?.delete(entity)
      side.added?.delete(entity)
    })
  }
}

/** Changes a side after its session was told. */
export function change(side: RelationSide, work: () => void): void {
  companionOf(side.entity)?.willChange(side)
  work()
}

/** The side that holds the foreign key. */
export function owningRef(definition: RelationDefinition, entity: object): RefSide {
  return sideOf(entity, inverseOf(definition)) as RefSide
}

function inverseOf(definition: RelationDefinition): RelationDefinition {
  // The side that does not store a relation has another one, or the models would not have been sealed.
  return definition.inverse as RelationDefinition
}

function refer(ref: RefSide, other: object | null): void {
  const { definition, entity, target: before } = ref
  const { inverse } = definition
  if (inverse !== undefined && before && before !== other) leave(sideOf(before, inverse), entity)
  change(ref, () => (ref.target = other))
  assignForeignKey(definition, entity, other)
  companionOf(entity)?.referred(ref)
  if (other === null) return
  companionOf(entity)?.adopted()
  companionOf(entity)?.related({ side: ref, other, newcomer: other, cascades: definition.cascadesAdd })
  if (inverse === undefined) return
  enter(sideOf(other, inverse), entity)
  companionOf(other)?.related({ side: ref, other, newcomer: entity, cascades: inverse.cascadesAdd })
}

/** An orphan that is to be deleted goes on referring to its parent until then: the column may not be null. */
function takeOut(ref: RefSide, parent: object | undefined): void {
  const { inverse } = ref.definition
  if (inverse !== undefined && parent !== undefined) {
    const side = sideOf(parent, inverse)
    leave(side, ref.entity)
    keepRemoved(side, ref.entity)
  }
  if (inverse?.orphanRemoval && ref.target !== null && companionOf(ref.entity)?.orphaned()) return
  refer(ref, null)
}

/** Nobody follows a detached entity: what a merge is to take out has to be kept. */
function keepRemoved(side: RelationSide, other: object): void {
  if (companionOf(side.entity)?.state !== 'detached' || companionOf(other)?.state === 'transient') return
  side.noteRemoved(other)
}

/** The ends of a many-to-many relation: the side that stores it, and the one that mirrors it where there is one. */
function endsOf(definition: RelationDefinition, entity: object, other: object) {
  const storing = definition.isOwner ? definition : inverseOf(definition)
  const [from, to] = definition.isOwner ? [entity, other] : [other, entity]
  const own = sideOf(from, storing) as CollectionSide
  const mirror = storing.inverse && (sideOf(to, storing.inverse) as CollectionSide)
  return { from, to, own, mirror }
}

function mirrorHas(own: RelationSide, far: object): boolean {
  const { inverse } = own.definition
  if (inverse === undefined) return true
  const mirror = sideOf(far, inverse)
  return !mirror.isLoaded || mirror.has(own.entity)
}

function link(definition: RelationDefinition, entity: object, other: object): void {
  const { from, to, own, mirror } = endsOf(definition, entity, other)
  mirror?.removed?.delete(from)
  if (own.has(to) || mirror?.members?.has(from)) {
    if (mirror?.members && !mirror.members.has(from)) change(mirror, () => mirror.members?.add(from))
    return
  }
  change(own, () => {
    // What is not known to be stored is looked for when it is written.
    if (!own.removed?.delete(to) || !own.isComplete) own.noteAdded(to)
    own.members?.add(to)
  })
  if (mirror?.members) change(mirror, () => mirror.members?.add(from))
  companionOf(from)?.related({ side: own, other: to, newcomer: to, cascades: own.definition.cascadesAdd })
  const cascadesBack = mirror?.definition.cascadesAdd ?? false
  companionOf(to)?.related({ side: own, other: to, newcomer: from, cascades: cascadesBack })
}

function unlink(definition: RelationDefinition, entity: object, other: object): void {
  const { from, to, own, mirror } = endsOf(definition, entity, other)
  const isKnown = own.isComplete || mirror?.isComplete === true
  if (isKnown && !own.has(to) && mirror?.members?.has(from) !== true) return
  change(own, () => {
    if (!own.added?.delete(to) || !own.isComplete) own.noteRemoved(to)
    own.members?.delete(to)
  })
  if (mirror === undefined) return
  if (mirror.members?.has(from)) change(mirror, () => mirror.members?.delete(from))
  keepRemoved(mirror, from)
}
