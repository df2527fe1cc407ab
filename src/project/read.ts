/** A project, as those see it who may read it. */
import type { Call } from '../access/call.ts';
import { projectReachOrDeny } from '../access/permission.ts';
import { Failure } from '../failure/failure.ts';
import { errors } from './errors.ts';
import { loadProject, type Project, withinProject } from './project.ts';

const READ = 'project.read';

/** `orgId`: in v1 a project of another organization than that of the call is none of it. */
export async function readProject(call: Call, projectId: string, orgId?: string): Promise<Project> {
  const where = projectReachOrDeny(call.caller, READ);
  const project = await loadProject(call, projectId);
  if (!project) throw new Failure(errors.notFound);
  if (orgId !== undefined && project.org_id !== orgId) throw new Failure(errors.elsewhere);
  withinProject(call, where, project, READ);
  return project;
}
