import { describeImageRepositoryConformance } from './image-repository.conformance.ts';
import type { OpenedRecords } from './image-repository.conformance.ts';
import { describeImageWorkRepositoryConformance } from './image-work-repository.conformance.ts';
import { describeMemberRepositoryConformance } from './member-repository.conformance.ts';
import { describeTaskConformance } from './task-repository.conformance.ts';
import {
  memoryImageRepository,
  memoryImageWorkRepository,
  memoryMemberRepository,
  memoryProjectUsage,
  memoryTaskRepository,
  openMemoryRecords,
} from './memory-records.testing.ts';
import { memoryScrubRepository } from './memory-scrub.testing.ts';
import { describeProjectUsageConformance } from './project-usage.conformance.ts';
import { describeScrubRepositoryConformance } from './scrub-repository.conformance.ts';

async function open(): Promise<OpenedRecords> {
  const database = openMemoryRecords();
  const records = {
    images: memoryImageRepository(database),
    members: memoryMemberRepository(database),
    work: memoryImageWorkRepository(database),
    scrub: memoryScrubRepository(database),
    usage: memoryProjectUsage(database),
    tasks: memoryTaskRepository(database),
  };
  return {
    ...records,
    elsewhere: records,
    async clear() {
      database.records.clear();
      database.works.clear();
      database.tasks.clear();
      database.reservations.clear();
    },
    close: () => Promise.resolve(),
  };
}

describeImageRepositoryConformance('Memory', open);
describeMemberRepositoryConformance('Memory', open);
describeImageWorkRepositoryConformance('Memory', open);
describeTaskConformance('Memory', open);
describeScrubRepositoryConformance('Memory', open);
describeProjectUsageConformance('Memory', open);
