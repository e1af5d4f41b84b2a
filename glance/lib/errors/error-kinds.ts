/**
 * The kinds of errors that Glance's database layer raises, each with the kind that it is a special case of. Their names
 * are those of Glance's own classes, in `glance.common.exception`.
 */
export const errorKinds = {
  NotFound: null,
  ImageNotFound: 'NotFound',
  TaskNotFound: 'NotFound',
  MetadefNamespaceNotFound: 'NotFound',
  MetadefObjectNotFound: 'NotFound',
  MetadefPropertyNotFound: 'NotFound',
  MetadefTagNotFound: 'NotFound',
  MetadefResourceTypeNotFound: 'NotFound',
  MetadefResourceTypeAssociationNotFound: 'NotFound',
  Forbidden: null,
  ForbiddenPublicImage: 'Forbidden',
  MetadefForbidden: 'Forbidden',
  MetadefIntegrityError: 'Forbidden',
  ProtectedMetadefResourceTypeSystemDelete: 'Forbidden',
  Duplicate: null,
  MetadefDuplicateNamespace: 'Duplicate',
  MetadefDuplicateObject: 'Duplicate',
  MetadefDuplicateProperty: 'Duplicate',
  MetadefDuplicateTag: 'Duplicate',
  MetadefDuplicateResourceType: 'Duplicate',
  MetadefDuplicateResourceTypeAssociation: 'Duplicate',
  Conflict: null,
  Invalid: null,
  InvalidSortKey: 'Invalid',
  InvalidSortDir: 'Invalid',
  InvalidFilterOperatorValue: 'Invalid',
  InvalidFilterRangeValue: 'Invalid',
  InvalidParameterValue: 'Invalid',
  /** The arguments are not those of the function: Python's own class, the only one that is not Glance's. */
  TypeError: null,
} as const

/** The name of a kind of error. */
export type ErrorKind = keyof typeof errorKinds
