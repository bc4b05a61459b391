/** What `qemu-img info --output=json` says, in our terms. Raises on a document of another shape. */
import type { ImageFileDescription } from '../../../domain/imports/conversion-rules.ts';

/** What `qemu-img` calls a disk format, where that is another name. */
const qemuNames: ReadonlyMap<string, string> = new Map([['vhd', 'vpc']]);

export function qemuNameOf(diskFormat: string): string {
  return qemuNames.get(diskFormat) ?? diskFormat;
}

function diskFormatOf(qemuName: string): string {
  return [...qemuNames].find(([, name]) => name === qemuName)?.[0] ?? qemuName;
}

/** `path` is the file that was described: every other file the document names is another one. */
export function readDescription(json: string, path: string): ImageFileDescription {
  const document = recordOf(JSON.parse(json, keepDigits));
  const details = recordOf(recordOf(document['format-specific'])['data']);
  const { format, 'virtual-size': virtualSize } = document;
  if (typeof format !== 'string' || typeof virtualSize !== 'bigint') throw new Error('No description of an image.');
  return {
    format: diskFormatOf(format),
    virtualSizeBytes: virtualSize,
    backingFile: textOf(document['backing-filename']) ?? textOf(document['full-backing-filename']),
    dataFile: textOf(details['data-file']),
    vmdkCreateType: textOf(details['create-type']),
    otherFiles: extentFiles(details['extents']).filter((file) => file !== path),
    encrypted: document['encrypted'] === true,
  };
}

/** Integers come as bigints: a disk may have 2^63 bytes. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function extentFiles(extents: unknown): string[] {
  return Array.isArray(extents) ? extents.map((extent) => textOf(recordOf(extent)['filename']) ?? '') : [];
}
