import { describeDataHasherConformance } from './data-hasher.conformance.ts';
import { startPlainHasher } from './plain-hasher.testing.ts';

describeDataHasherConformance('One thread', startPlainHasher, { md5: 'md5', sha256: 'sha256', sha512: 'sha512' });
