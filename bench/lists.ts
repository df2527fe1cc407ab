/** ListUsers pages of 50 with more and more users: a page must cost the same, however many there are. */
import { create } from '@bufbuild/protobuf';
import { TextQueryMethod } from '../src/contract/gen/zitadel/object/v2/object_pb.js';
import { UserFieldName, UserState } from '../src/contract/gen/zitadel/user/v2/user_pb.js';
import { type ListUsersRequest, ListUsersRequestSchema } from '../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { type Keyward, startKeyward } from './keyward.ts';
import type { LoadPlan, LoadResult } from './load/plan.ts';
import { listUsers } from './operations.ts';
import { addHumans, addOrganizationOf50 } from './people.ts';
import { Helper } from './processes.ts';
import type { Options } from './run.ts';

export interface ListRow {
  readonly title: string;
  readonly as: 'IAM_OWNER' | 'ORG_OWNER of 50';
  /** Milliseconds of a page (median), by number of users. */
  readonly ms: Readonly<Record<number, number>>;
  /** Largest number of users against the smallest. */
  readonly ratio: number;
  readonly failures: number;
  readonly met: boolean;
}

const LARGEST_RATIO = 1.5;

type Query = ListUsersRequest['queries'][number]['query'];
const { EQUALS, STARTS_WITH, CONTAINS } = TextQueryMethod;

const email = (method: TextQueryMethod, emailAddress: string) => ({ case: 'emailQuery', value: { emailAddress, method } }) as const;
const login = (method: TextQueryMethod, loginName: string) => ({ case: 'loginNameQuery', value: { loginName, method } }) as const;
const metadata = (key: string) => ({ case: 'metadataKeyFilter', value: { key, method: EQUALS } }) as const;
const state = (of: UserState) => ({ case: 'stateQuery', value: { state: of } }) as const;

/** "few": ten users at most, however many there are; "many": one in ten. */
const filters = {
  'no filter': undefined,
  'e-mail equals': email(EQUALS, 'bruno.c4ca4238.needle.1@example.com'),
  'e-mail starts with, few': email(STARTS_WITH, 'bruno.c4ca4238.'),
  'e-mail starts with, many': email(STARTS_WITH, 'ada.'),
  'e-mail contains, few': email(CONTAINS, 'needle'),
  'e-mail contains, many': email(CONTAINS, 'greta'),
  'login name equals': login(EQUALS, 'bruno.c4ca4238.needle.1'),
  'login name starts with, few': login(STARTS_WITH, 'bruno.c4ca4238.'),
  'login name starts with, many': login(STARTS_WITH, 'ada.'),
  'login name contains, few': login(CONTAINS, 'needle'),
  'login name contains, many': login(CONTAINS, 'greta'),
  'metadata key, few': metadata('needle'),
  'metadata key, many': metadata('team'),
  'state inactive': state(UserState.INACTIVE),
  'state active': state(UserState.ACTIVE),
};
type FilterName = keyof typeof filters;

const sortings = {
  'by creation date': { sortingColumn: UserFieldName.CREATION_DATE, asc: false },
  'by name': { sortingColumn: UserFieldName.USER_NAME, asc: true },
};
type SortingName = keyof typeof sortings;

interface Scenario {
  readonly filter: FilterName;
  readonly sorting: SortingName;
  readonly offset: bigint;
  readonly as: ListRow['as'];
}

const scenarios: readonly Scenario[] = (Object.keys(sortings) as SortingName[]).flatMap((sorting) => [
  ...(Object.keys(filters) as FilterName[]).flatMap((filter): Scenario[] => [
    { filter, sorting, offset: 0n, as: 'IAM_OWNER' },
    { filter, sorting, offset: 0n, as: 'ORG_OWNER of 50' },
  ]),
  ...(['no filter', 'login name starts with, many', 'state active'] as const).map(
    (filter): Scenario => ({ filter, sorting, offset: 900n, as: 'IAM_OWNER' }),
  ),
]);

const titleOf = ({ filter, sorting, offset }: Scenario): string => `${filter}, ${sorting}${offset === 0n ? '' : `, offset ${offset}`}`;

export async function measureLists(dataDir: string, options: Options, say: (line: string) => void): Promise<ListRow[]> {
  const load = new Helper<LoadPlan, LoadResult>('load/main.ts');
  const keyward = await startKeyward(dataDir);
  const wanted = scenarios.filter((scenario) => options.wants(`ListUsers ${titleOf(scenario)}`));
  const results = new Map<Scenario, { ms: Record<number, number>; failures: number }>(
    wanted.map((scenario) => [scenario, { ms: {}, failures: 0 }]),
  );
  try {
    const small = await addOrganizationOf50(keyward);
    let there = 0;
    for (const size of options.sizes) {
      await addHumans(keyward, there + 1, size);
      there = size;
      say(`lists with ${size} users …`);
      for (const [scenario, result] of results) {
        const { p50, failures } = await page(keyward, load, scenario, small, options);
        result.ms[size] = p50;
        result.failures += failures;
      }
    }
  } finally {
    await keyward.stop();
    await load.end();
  }
  const [first = 0, last = first] = [options.sizes[0], options.sizes.at(-1)];
  return [...results].map(([scenario, { ms, failures }]) => {
    const ratio = (ms[last] ?? Number.NaN) / (ms[first] ?? Number.NaN);
    return { title: titleOf(scenario), as: scenario.as, ms, ratio, failures, met: ratio <= LARGEST_RATIO && failures === 0 };
  });
}

function page(
  keyward: Keyward,
  load: Helper<LoadPlan, LoadResult>,
  scenario: Scenario,
  small: string,
  options: Options,
): Promise<LoadResult> {
  return load.ask({
    protocol: 'grpc',
    port: keyward.port,
    token: scenario.as === 'IAM_OWNER' ? keyward.token : small,
    connections: 1,
    slots: [[listUsers(requestOf(scenario))]],
    warmSeconds: 0.15,
    seconds: options.listSeconds,
  });
}

function requestOf({ filter, sorting, offset }: Scenario): ListUsersRequest {
  const query: Query | undefined = filters[filter] as Query | undefined; // an init without $typeName is a message to `create`
  const { sortingColumn, asc } = sortings[sorting];
  return create(ListUsersRequestSchema, { query: { limit: 50, asc, offset }, sortingColumn, queries: query ? [{ query }] : [] });
}
