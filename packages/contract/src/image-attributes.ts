/**
 * The closed vocabularies of an image record: statuses, visibilities, default formats, member statuses.
 * Source: contract 02 §1, 06 §1, 07 §1.
 */
export const imageStatuses = [
  'queued',
  'saving',
  'active',
  'killed',
  'deleted',
  'uploading',
  'importing',
  'pending_delete',
  'deactivated',
] as const;
export type ImageStatus = (typeof imageStatuses)[number];

export const imageVisibilities = ['community', 'public', 'private', 'shared'] as const;
export type ImageVisibility = (typeof imageVisibilities)[number];

export const memberStatuses = ['pending', 'accepted', 'rejected'] as const;
export type MemberStatus = (typeof memberStatuses)[number];

export const defaultContainerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const;
export const defaultDiskFormats = [
  'ami',
  'ari',
  'aki',
  'vhd',
  'vhdx',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'iso',
  'ploop',
] as const;
