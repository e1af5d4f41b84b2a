import type { ModelClass } from 'rome-orm'
import { CachedImage } from './cached-image.js'
import { Image } from './image.js'
import { ImageLocation } from './image-location.js'
import { ImageMember } from './image-member.js'
import { ImageProperty } from './image-property.js'
import { ImageTag } from './image-tag.js'
import { MetadefNamespace } from './metadef-namespace.js'
import { MetadefNamespaceResourceType } from './metadef-namespace-resource-type.js'
import { MetadefObject } from './metadef-object.js'
import { MetadefProperty } from './metadef-property.js'
import { MetadefResourceType } from './metadef-resource-type.js'
import { MetadefTag } from './metadef-tag.js'
import { NodeReference } from './node-reference.js'
import { Serial } from './serial.js'
import { Task } from './task.js'
import { TaskInfo } from './task-info.js'

/** Every model of the catalogue, for `Rome.open({ models })`; those that refer to others come before them. */
export const glanceModels: readonly ModelClass[] = Object.freeze([
  ImageProperty,
  ImageTag,
  ImageMember,
  ImageLocation,
  Image,
  TaskInfo,
  Task,
  MetadefObject,
  MetadefProperty,
  MetadefTag,
  MetadefNamespaceResourceType,
  MetadefResourceType,
  MetadefNamespace,
  CachedImage,
  NodeReference,
  Serial,
])
