import { testSetup } from './setup-run.ts';

testSetup('protected-by-roles');
