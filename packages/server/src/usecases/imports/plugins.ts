/**
 * The plugins an operator may switch on, each made from what it needs. Source: contract 04 §7.
 */
import { startInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { StreamInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { Image } from '../../domain/images/image.ts';
import {
  checkConversionInput,
  checkConversionOutput,
  checkDescription,
} from '../../domain/imports/conversion-rules.ts';
import type { ConversionTarget, ConvertibleFormat } from '../../domain/imports/conversion-rules.ts';
import { injectedProperties } from '../../domain/imports/injected-properties.ts';
import type { PropertyInjection } from '../../domain/imports/injected-properties.ts';
import type { DataUnpacker } from '../../ports/data-unpacker.ts';
import type { ImageConverter } from '../../ports/image-converter.ts';
import type { StagedFile, StagingArea } from '../../ports/staging-area.ts';
import type { ImportPlugin, PluginWork } from './import-plugin.ts';

/** Sets properties of the operator's choice on the image. */
export function propertyInjection(injection: PropertyInjection): ImportPlugin {
  return async (work) => {
    const properties = injectedProperties(injection, work.roles);
    if (properties.size > 0) work.changeImage({ from: ['importing'], properties });
    return null;
  };
}

/** Unpacks data that are packed as a whole, unless the image says that they shall stay packed. */
export function decompression(unpacker: DataUnpacker, maxRatio: number): ImportPlugin {
  const stage = 'unpacked';
  return async (work) => {
    const image = await work.image();
    if (image.containerFormat === 'compressed') return null;
    const target = work.staging.write({ imageId: image.id, stage }, work.attemptId);
    try {
      const unpacked = await unpacker.unpack({
        source: () => work.staging.read({ imageId: image.id, stage: null }),
        target: await work.reserving(target),
        maximum: work.allowance(),
        maxRatio,
        signal: work.signal,
      });
      if (unpacked === null) return null;
      await work.confirm();
      await target.commit();
      work.changeImage({ from: ['importing'], sizeBytes: unpacked.sizeBytes });
      return stage;
    } finally {
      await target.abort();
    }
  };
}

export interface ConversionOptions {
  readonly outputFormat: ConversionTarget;
  readonly vmdkAllowedTypes: readonly string[];
}

/** Turns the data into the format the operator wants all images to have. */
export function conversion(converter: ImageConverter, options: ConversionOptions): ImportPlugin {
  return async (work) => {
    const image = await work.image();
    const format = await checkInput(work, image);
    if (format === 'iso') return null;
    const path = work.staging.pathOf({ imageId: image.id, stage: null });
    const description = await converter.inspect({ path, diskFormat: format, signal: work.signal });
    checkDescription({ diskFormat: format, description, vmdkAllowedTypes: options.vmdkAllowedTypes });
    const { virtualSizeBytes } = description;
    const { outputFormat: diskFormat } = options;
    if (format === diskFormat) {
      work.changeImage({ from: ['importing'], virtualSizeBytes });
      return null;
    }
    const stage = await convert(converter, work, { image, format, virtualSizeBytes, diskFormat });
    const sizeBytes = await work.staging.sizeOf({ imageId: image.id, stage });
    const described = { diskFormat, containerFormat: 'bare', sizeBytes, virtualSizeBytes };
    work.changeImage({ from: ['importing'], ...described });
    return stage;
  };
}

/** The format of the staged data, which are harmless when it gives one. */
async function checkInput(work: PluginWork, image: Image): Promise<ConvertibleFormat | 'iso'> {
  const diskFormat = image.diskFormat ?? '';
  const inspection = await inspected(work.staging, { imageId: image.id, stage: null });
  const { gptSafetyChecksNonfatal } = work;
  const verdict = inspection.conclude(diskFormat, { requireFormatMatch: true, gptSafetyChecksNonfatal });
  return checkConversionInput({ diskFormat, verdict });
}

interface Conversion {
  readonly image: Image;
  readonly format: ConvertibleFormat;
  readonly virtualSizeBytes: bigint;
  readonly diskFormat: ConversionTarget;
}

/** Gives the stage of the outcome. */
async function convert(converter: ImageConverter, work: PluginWork, conversion: Conversion): Promise<string> {
  const stage = 'converted';
  const { diskFormat } = conversion;
  const imageId = conversion.image.id;
  await converter.convert({
    inputPath: work.staging.pathOf({ imageId, stage: null }),
    inputFormat: conversion.format,
    virtualSizeBytes: conversion.virtualSizeBytes,
    outputPath: work.staging.pathOf({ imageId, stage }),
    outputFormat: diskFormat,
    maximum: await work.reserve(mostBytesOf(conversion)),
    signal: work.signal,
  });
  checkConversionOutput(diskFormat, (await inspected(work.staging, { imageId, stage })).detect());
  return stage;
}

/** A disk that is full, and what formats add to it to find their way. */
function mostBytesOf({ virtualSizeBytes }: Conversion): number {
  return Math.ceil(Number(virtualSizeBytes) * 1.01) + 16 * 1024 * 1024;
}

async function inspected(staging: StagingArea, file: StagedFile): Promise<StreamInspection> {
  const inspection = startInspection();
  const reader = await staging.read(file);
  try {
    if (reader.sizeBytes > 0) {
      for await (const chunk of reader.chunks(0, reader.sizeBytes - 1)) inspection.observe(chunk);
    }
    return inspection;
  } finally {
    await reader.close();
  }
}
