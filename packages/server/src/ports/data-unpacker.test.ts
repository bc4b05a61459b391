import { describeDataUnpackerConformance } from './data-unpacker.conformance.ts';
import { openMemoryUnpacker } from './data-unpacker.testing.ts';

describeDataUnpackerConformance('the unpacker in memory', async () => openMemoryUnpacker());
