/** The import methods an image service may offer. Source: contract 04 §1. */
export const importMethodNames = ['glance-direct', 'web-download', 'copy-image', 'glance-download'] as const;

export type ImportMethodName = (typeof importMethodNames)[number];
