/** Every status that an image may have. */
export const imageStatuses: readonly string[] = [
  'active',
  'saving',
  'queued',
  'killed',
  'pending_delete',
  'deleted',
  'deactivated',
  'importing',
  'uploading',
]

/** Who may see an image beside its owner: nobody, all, its members, or all who do not look for it in lists. */
export const imageVisibilities: readonly string[] = ['private', 'public', 'shared', 'community']
