/** Which RPC of v2 does what an RPC of v2beta does: the one of the same name in the service of the same name, but for these. */
export function twinPath(path: string): string {
  return renamed[path] ?? path.replace('.app.v2beta.AppService/', '.application.v2.ApplicationService/').replace('.v2beta.', '.v2.');
}

const renamed: Readonly<Record<string, string>> = {
  '/zitadel.org.v2beta.OrganizationService/CreateOrganization': '/zitadel.org.v2.OrganizationService/AddOrganization',
  '/zitadel.app.v2beta.AppService/RegenerateClientSecret': '/zitadel.application.v2.ApplicationService/GenerateClientSecret',
};
