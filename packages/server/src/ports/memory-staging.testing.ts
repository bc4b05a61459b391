/** A staging area in memory. */
import { ImageServiceError, notFound } from '../domain/errors.ts';
import { checkUuid, memoryReader, memoryWriter } from './memory-store.testing.ts';
import type { StagedFile, StagingArea } from './staging-area.ts';

export interface MemoryStaging extends StagingArea {
  /** Complete files by name: `<image id>`, `<image id>.<stage>`. */
  readonly files: Map<string, Uint8Array>;
  /** What attempts under way, or dead ones, have written, by name; names begin as those of files do. */
  readonly temporaries: Map<string, Uint8Array[]>;
  /** When files of an image were written, for a test that cares; long ago unless it says so. */
  readonly times: Map<string, Date>;
}

const stagePattern = /^[0-9A-Za-z-]{1,64}$/;
const imageNamePattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The paths it tells begin with `/staging/`; no program finds anything there. */
export function openMemoryStaging(): MemoryStaging {
  const files = new Map<string, Uint8Array>();
  const temporaries = new Map<string, Uint8Array[]>();
  const times = new Map<string, Date>();

  function fileNamed(name: string): Uint8Array {
    const bytes = files.get(name);
    if (bytes === undefined) throw notFound('No such file.');
    return bytes;
  }

  return {
    files,
    temporaries,
    times,

    pathOf: (file) => `/staging/${nameOf(file)}`,

    write(file, attemptId) {
      const name = nameOf(file);
      checkUuid(attemptId);
      return memoryWriter(temporaries, `${name}.${attemptId}.part`, (bytes) => {
        files.set(name, bytes);
        return `file:///staging/${name}`;
      });
    },

    read: async (file) => memoryReader(fileNamed(nameOf(file))),

    sizeOf: async (file) => files.get(nameOf(file))?.byteLength ?? null,

    async promote(imageId, stage) {
      const name = nameOf({ imageId, stage });
      files.set(nameOf({ imageId, stage: null }), fileNamed(name));
      files.delete(name);
    },

    async removeAll(imageId, isHeld = () => true) {
      checkUuid(imageId);
      if (!isHeld()) throw new ImageServiceError('gone', 'Somebody else may be at work on this image.');
      for (const names of [files, temporaries]) {
        for (const name of names.keys()) if (imageIdOf(name) === imageId) names.delete(name);
      }
    },

    async remove(file) {
      files.delete(nameOf(file));
    },

    async lastWritten(imageId) {
      checkUuid(imageId);
      const isThere = [...files.keys(), ...temporaries.keys()].some((name) => imageIdOf(name) === imageId);
      return isThere ? (times.get(imageId) ?? new Date(0)) : null;
    },

    async listImages() {
      const ids = [...files.keys(), ...temporaries.keys()].map(imageIdOf);
      return [...new Set(ids)].filter((id) => imageNamePattern.test(id));
    },
  };
}

function nameOf({ imageId, stage }: StagedFile): string {
  checkUuid(imageId);
  if (stage === null) return imageId;
  if (!stagePattern.test(stage)) throw notFound('Not a stage.');
  return `${imageId}.${stage}`;
}

function imageIdOf(name: string): string {
  return name.split('.', 1)[0] ?? name;
}
