/** What policy rules can know about metadata definitions: whose namespace, and who sees it. Source: contract 10 §4.2. */
import type { NamespaceAttributes } from '../metadefs/metadefs.ts';
import type { PolicyTarget } from './named-values.ts';

/** A namespace, or anything in it. */
export function namespaceTarget(namespace: Pick<NamespaceAttributes, 'owner' | 'visibility'>): PolicyTarget {
  return new Map([
    ['project_id', namespace.owner],
    ['visibility', namespace.visibility],
  ]);
}
