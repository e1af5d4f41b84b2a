import type { CommandGroup, CommandTable } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { Associations } from './associations.js'
import { DefinedProperties } from './defined-properties.js'
import { DefinedTags } from './defined-tags.js'
import { Namespaces } from './namespaces.js'
import { Objects } from './objects.js'
import { ResourceTypes } from './resource-types.js'

/**
 * Definitions of metadata: namespaces, and the objects, properties and tags in them, and for which types of resources
 * they are. A namespace is seen by admins, by its owner, and by all when it is public; who sees it may change it and
 * what is in it. `protected` is not looked at here, save that of resource types.
 */
export class Metadef implements CommandGroup {
  readonly namespaces: Namespaces
  readonly objects: Objects
  readonly properties: DefinedProperties
  readonly tags: DefinedTags
  readonly resourceTypes: ResourceTypes
  readonly associations: Associations

  constructor(store: GlanceStore) {
    this.namespaces = new Namespaces(store)
    this.objects = new Objects(store)
    this.properties = new DefinedProperties(store)
    this.tags = new DefinedTags(store)
    this.resourceTypes = new ResourceTypes(store)
    this.associations = new Associations(store)
  }

  get commands(): CommandTable {
    return {
      ...this.namespaces.commands,
      ...this.objects.commands,
      ...this.properties.commands,
      ...this.tags.commands,
      ...this.resourceTypes.commands,
      ...this.associations.commands,
    }
  }
}
