import { answerTasks } from '../thread/index.ts';
import { type ReadTask, readTask } from './manifest-reader.ts';

// The thread that createManifestReader starts.
answerTasks((task: ReadTask) => JSON.stringify(readTask(task)));
