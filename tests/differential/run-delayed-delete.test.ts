import { testSetup } from './setup-run.ts';

testSetup('delayed-delete');
