/**
 * ListUsers pages of 50 with more and more users: a page must cost the same, however many there are. Each size has a server and a database of
 * its own, and they are measured in turn, a moment each: what the machine does meanwhile hits all of them alike.
 */
import { rmSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { TextQueryMethod } from '../src/contract/gen/zitadel/object/v2/object_pb.js';
import { UserFieldName, UserState } from '../src/contract/gen/zitadel/user/v2/user_pb.js';
import { type ListUsersRequest, ListUsersRequestSchema } from '../src/contract/gen/zitadel/user/v2/user_service_pb.js';
import { type Keyward, newDataDir, startKeyward } from './keyward.ts';
import type { LoadPlan, LoadResult } from './load/plan.ts';
import { listUsers } from './operations.ts';
import { addHumans, addOrganizationOf50 } from './people.ts';
import { Helper } from './processes.ts';
import type { Options } from './run.ts';
import { inTurns } from './turns.ts';

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
  'e-mail contains, many': email(CONTAINS, 'sales'),
  'login name equals': login(EQUALS, 'bruno.c4ca4238.needle.1'),
  'login name starts with, few': login(STARTS_WITH, 'bruno.c4ca4238.'),
  'login name starts with, many': login(STARTS_WITH, 'ada.'),
  'login name contains, few': login(CONTAINS, 'needle'),
  'login name contains, many': login(CONTAINS, 'sales'),
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

/** A server with so many users. */
interface House {
  readonly size: number;
  readonly keyward: Keyward;
  /** Token of the owner of an organization of 50. */
  readonly small: string;
}

export async function measureLists(options: Options, say: (row: ListRow) => void): Promise<ListRow[]> {
  const load = new Helper<LoadPlan, LoadResult>('load/main.ts');
  const houses: House[] = [];
  const rows: ListRow[] = [];
  try {
    for (const size of options.sizes) houses.push(await build(size));
    for (const scenario of scenarios.filter((one) => options.wants(`ListUsers ${titleOf(one)}`))) {
      const row = await measure(scenario, houses, load, options);
      say(row);
      rows.push(row);
    }
    return rows;
  } finally {
    await load.end();
    for (const { keyward } of houses) await keyward.stop();
    for (const { dataDir } of houses.map(({ keyward }) => keyward)) rmSync(dataDir, { recursive: true, force: true });
  }
}

async function build(size: number): Promise<House> {
  const keyward = await startKeyward(newDataDir());
  const small = await addOrganizationOf50(keyward);
  await addHumans(keyward, 1, size);
  return { size, keyward, small };
}

const ROUNDS = 3;

async function measure(
  scenario: Scenario,
  houses: readonly House[],
  load: Helper<LoadPlan, LoadResult>,
  options: Options,
): Promise<ListRow> {
  let failures = 0;
  const pages = houses.map(({ keyward, small }) => async (): Promise<number> => {
    const result = await page(keyward, load, scenario, small, options);
    failures += result.failures;
    return result.p50;
  });
  const medians = await inTurns(ROUNDS, pages);
  const ratio = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN);
  const ms = Object.fromEntries(houses.map(({ size }, n) => [size, medians[n] ?? Number.NaN]));
  return { title: titleOf(scenario), as: scenario.as, ms, ratio, failures, met: ratio <= LARGEST_RATIO && failures === 0 };
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
    warmSeconds: 0.1,
    seconds: options.listSeconds / ROUNDS,
  });
}

function requestOf({ filter, sorting, offset }: Scenario): ListUsersRequest {
  const query: Query | undefined = filters[filter] as Query | undefined; // an init without $typeName is a message to `create`
  const { sortingColumn, asc } = sortings[sorting];
  return create(ListUsersRequestSchema, { query: { limit: 50, asc, offset }, sortingColumn, queries: query ? [{ query }] : [] });
}
