/**
 * What images look like to clients from before API 2.5. A client of that time reads each image through the published
 * schema and fails on a word that is not in it, so there is a known word for every newer one.
 * Source: contract 07 §6.4.
 */
import type { ImageWords } from './api-profile.ts';

const newerAttributes = ['os_hidden', 'os_hash_algo', 'os_hash_value', 'stores'];

/** Mitaka: nulls are shown, deactivation is known, and there are public and private images. */
export const mitakaWords: ImageWords = {
  omitsNull: false,
  unknownAttributes: newerAttributes,
  visibilities: { public: 'public', private: 'private', shared: 'private', community: 'private' },
  statuses: {
    queued: 'queued',
    saving: 'saving',
    active: 'active',
    killed: 'killed',
    deleted: 'deleted',
    pending_delete: 'pending_delete',
    deactivated: 'deactivated',
    uploading: 'saving',
    importing: 'queued',
  },
};

/** Before Kilo: what is null is left out, and there is no deactivation. */
export const earlyWords: ImageWords = {
  ...mitakaWords,
  omitsNull: true,
  // Of the words for an image that cannot be used now, this is the one that makes clients wait. `killed` would invite
  // them to delete it, `queued` to upload to it.
  statuses: { ...mitakaWords.statuses, deactivated: 'saving' },
};
