/** A converter that plays what a test writes down for it. */
import { limitExceeded } from '../domain/errors.ts';
import type { ImageFileDescription } from '../domain/imports/conversion-rules.ts';
import type { ConvertRequest, ImageConverter, InspectRequest } from './image-converter.ts';

export interface ScriptedConverter extends ImageConverter {
  /** Everything it was asked, in order. */
  readonly asked: readonly (
    ({ readonly call: 'inspect' } & InspectRequest) | ({ readonly call: 'convert' } & ConvertRequest)
  )[];
}

export interface ConverterScript {
  /** What differs from a harmless image of 1 MiB; may raise. */
  readonly describe?: (request: InspectRequest) => Partial<ImageFileDescription>;
  /** Puts the output where the test's staging area finds it; may raise. */
  readonly write?: (request: ConvertRequest) => Promise<void>;
}

export function openScriptedConverter({ describe, write }: ConverterScript = {}): ScriptedConverter {
  const asked: ScriptedConverter['asked'][number][] = [];
  return {
    asked,
    async inspect(request) {
      request.signal?.throwIfAborted();
      asked.push({ call: 'inspect', ...request });
      return {
        format: request.diskFormat,
        virtualSizeBytes: 1024n * 1024n,
        backingFile: null,
        dataFile: null,
        vmdkCreateType: request.diskFormat === 'vmdk' ? 'monolithicSparse' : null,
        otherFiles: [],
        encrypted: false,
        ...describe?.(request),
      };
    },
    async convert(request) {
      request.signal?.throwIfAborted();
      asked.push({ call: 'convert', ...request });
      const { outputFormat, virtualSizeBytes, maximum } = request;
      if (outputFormat === 'raw' && Number(virtualSizeBytes) > maximum.bytes) throw limitExceeded(maximum.exceeded);
      await write?.(request);
    },
  };
}
