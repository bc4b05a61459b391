/**
 * Imports by glance-download: the record and the data of an image of another image service, asked for with the token
 * of who wants the import. The token is in the memory of this process alone; a process that takes the import over
 * before the data are here has none. Source: contract 04 §2 (rows 8 and 16), §5.
 */
import { badRequest, conflict, ImageServiceError } from '../../domain/errors.ts';
import { checkColumnLimits } from '../../domain/images/column-limits.ts';
import type { Image } from '../../domain/images/image.ts';
import { checkPropertyName } from '../../domain/images/attribute-rules.ts';
import { checkPropertyQuota } from '../../domain/images/quotas.ts';
import { readRemoteRecord } from '../../domain/imports/remote-image.ts';
import type { RemoteRecord } from '../../domain/imports/remote-image.ts';
import { writableProperties } from '../../domain/property-protections/property-rights.ts';
import { findImageEndpoint } from '../../domain/imports/service-catalog.ts';
import { checkImportUri } from '../../domain/imports/uri-filter.ts';
import type { CallerAccess } from '../../domain/request-context.ts';
import type { RemoteImage } from '../../domain/tasks/import-task.ts';
import type { ImageStep } from '../../ports/image-change.ts';
import type { WebRequest } from '../../ports/web-source.ts';
import { propertyRightsOf } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { DataSource } from './data-source.ts';
import type { RunningImport } from './running-import.ts';

/** A record is some kilobytes; properties of many values make some hundred of it. */
const mostRecordBytes = 4 * 1024 * 1024;

/** Raises `badRequest` when nothing could be fetched whatever the other service says. */
export function checkRemoteImage(
  parts: Pick<ServiceParts, 'imports'>,
  access: CallerAccess | undefined,
  remote: RemoteImage,
): CallerAccess {
  if (access === undefined) {
    throw badRequest('Import by glance-download needs a token, which the other region is asked with.');
  }
  checkImportUri(parts.imports.filter, urlOf(access, remote));
  return access;
}

/** The data, and what the image takes over of the record. */
export async function openRemoteImage(parts: ServiceParts, run: RunningImport, image: Image): Promise<DataSource> {
  const { remote } = run.order;
  if (remote === null) throw badRequest('The import does not say which image of which region it wants.');
  if (run.access === null) {
    throw conflict(
      'The import was interrupted before it had the data, and the token to fetch them with is not kept; import again.',
    );
  }
  const request = { headers: { 'x-auth-token': run.access.token() }, signal: run.signal };
  const url = urlOf(run.access, remote);
  const record = readRemoteRecord(await readText(parts, { ...request, url }), parts.imports.downloadedProperties);
  const rights = propertyRightsOf(parts, run.progress().grants);
  const properties = writableProperties(record.properties, image, rights);
  const takenOver = takeOver(parts, image, { ...record, properties });
  const data = await parts.web.open({ ...request, url: `${url}/file` });
  if (data.sizeBytes !== null && record.sizeBytes !== null && data.sizeBytes !== record.sizeBytes) {
    await data.close();
    throw conflict(
      `The other region sends ${data.sizeBytes} bytes of an image that has ${record.sizeBytes} by its record.`,
    );
  }
  return {
    sizeBytes: record.sizeBytes ?? data.sizeBytes,
    digests: { checksum: record.checksum, hash: record.hash },
    takenOver,
    chunks: () => data.chunks(),
    close: () => data.close(),
  };
}

function urlOf(access: CallerAccess, remote: RemoteImage): string {
  return `${findImageEndpoint(access.catalog(), remote)}/v2/images/${remote.imageId}`;
}

async function readText(parts: Pick<ServiceParts, 'web'>, request: WebRequest): Promise<string> {
  const answer = await parts.web.open(request);
  try {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.chunks()) {
      bytes += chunk.byteLength;
      if (bytes > mostRecordBytes) {
        throw new ImageServiceError('unavailable', 'The other region sends an image record that does not end.');
      }
      pieces.push(Uint8Array.from(chunk));
    }
    return new TextDecoder().decode(joined(pieces, bytes));
  } finally {
    await answer.close();
  }
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** What is written to the image together with its data being here. It is held to what a client could write. */
function takeOver(parts: ServiceParts, image: Image, record: RemoteRecord): ImageStep {
  const { diskFormat, containerFormat, properties } = record;
  const attributes = [['disk_format', diskFormat], ['container_format', containerFormat], ...properties] as const;
  for (const [name, value] of attributes) {
    const problem = parts.imageSchema.value(name, value);
    if (problem !== null) throw conflict(`The image in the other region does not fit here: ${problem}`);
  }
  const merged = { ...image, properties: new Map([...image.properties, ...properties]) };
  for (const name of properties.keys()) checkPropertyName(name);
  checkColumnLimits(merged, image);
  const addsNames = merged.properties.size > image.properties.size;
  if (addsNames) checkPropertyQuota(merged.properties, parts.limits.propertyQuota);
  return { from: ['importing'], diskFormat, containerFormat, properties };
}
