/** The profiles by the name an operator gives them. `current` is no profile: it is the API as it is. */
import type { ApiProfile } from './api-profile.ts';
import { conohaProfile } from './conoha.ts';
import { huaweiProfile } from './huawei.ts';
import { mitakaProfile } from './mitaka.ts';
import { ustackProfile } from './ustack.ts';

export const apiProfiles = {
  mitaka: mitakaProfile,
  huawei: huaweiProfile,
  conoha: conohaProfile,
  ustack: ustackProfile,
} as const satisfies Readonly<Record<string, ApiProfile>>;
