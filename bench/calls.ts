/** Single calls: Keyward, the bare server and the commands alone, in turn on the same machine. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BarePlan } from './bare.ts';
import type { DirectPlan } from './direct.ts';
import { type Keyward, startKeyward } from './keyward.ts';
import type { LoadPlan, LoadResult, Protocol } from './load/plan.ts';
import { deactivate, type OperationName, operations, type Subject } from './operations.ts';
import { addMachines, addSubjects } from './people.ts';
import { cpuSeconds } from './proc.ts';
import { Helper } from './processes.ts';
import type { Options } from './run.ts';

export interface CallRow {
  readonly title: string;
  readonly protocol: Protocol;
  readonly inFlight: number;
  readonly workers: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
  /** Microseconds of CPU a call, in the Node processes. */
  readonly cpu: number;
  /** What Node alone, and the commands alone, did in the same run; absent where a rate was fixed. */
  readonly bare?: Side;
  readonly direct?: Side;
  /** Calls a second that both together allow: one after the other on the same CPU. */
  readonly limit?: number;
  readonly ratio?: number;
  /** The same ratio by CPU time alone, which other programs on the machine disturb less: (bare + direct) / Keyward. */
  readonly cpuRatio?: number;
  readonly met: boolean;
}

interface Side {
  readonly perSecond: number;
  readonly cpu: number;
}

/** Least part of the limit. */
const BARS: Readonly<Record<Protocol, number>> = { grpc: 0.6, rest: 0.5 };
/** Milliseconds at a fixed rate of deactivations a second. */
const FIXED = { rate: 500, p50: 3, p99: 15 };
const USERS = 1024;
/** As the default of KEYWARD_DATABASE_CONNECTIONS. */
const CONNECTIONS = 16;
const WARM_SECONDS = 0.5;
/** In which each side is measured in turn. */
const ROUNDS = 3;
const HEAT_SECONDS = 2;

export async function measureCalls(dataDir: string, options: Options, tell: (row: CallRow) => void): Promise<CallRow[]> {
  const rows: CallRow[] = [];
  const load = new Helper<LoadPlan, LoadResult>('load/main.ts');
  const row = (next: CallRow): void => {
    rows.push(next);
    tell(next);
  };
  try {
    for (const workers of options.workers) {
      // The embedded database takes as many connections as are configured: so there is room for those of the commands alone.
      const keyward = await startKeyward(dataDir, workers, { KEYWARD_DATABASE_LIST_CONNECTIONS: '40' });
      try {
        // Its own ones for each operation: some lose their sessions.
        const subjects = new Map<OperationName, readonly Subject[]>();
        for (const name of Object.keys(operations) as OperationName[])
          if (options.wants(operations[name].title)) subjects.set(name, await addSubjects(keyward, `w${workers}${name}`, USERS));
        await warm(keyward, load, subjects, workers, options);
        if (options.wants('Deactivate at 500/s')) {
          for (const protocol of options.protocols) row(await atFixedRate(keyward, load, protocol, workers, options));
        }
        for (const [name, own] of subjects) {
          for (const inFlight of options.inFlight) {
            if (inFlight < workers) continue;
            await against(keyward, load, { name, inFlight, workers, subjects: own, options }, row);
          }
        }
      } finally {
        await keyward.stop();
      }
    }
  } finally {
    await load.end();
  }
  return rows;
}

/** A server that has served for a while is what is measured: its code is compiled by then, as that of the two small programs is at once. */
async function warm(
  keyward: Keyward,
  load: Helper<LoadPlan, LoadResult>,
  all: ReadonlyMap<OperationName, readonly Subject[]>,
  workers: number,
  { protocols }: Options,
): Promise<void> {
  for (const protocol of protocols) {
    for (const [name, subjects] of all) {
      await load.ask({
        protocol,
        port: keyward.port,
        token: tokenOf(keyward, { name, subjects }),
        connections: protocol === 'rest' ? 32 : workers,
        slots: Array.from({ length: 32 }, (_, slot) =>
          operations[name].calls(protocol, shareOf(slot, 32, { name, subjects }), keyward.orgId),
        ),
        warmSeconds: 0,
        seconds: HEAT_SECONDS * workers,
      });
    }
  }
}

/** What a slot goes round: with a session's token each has the same one user. */
function shareOf(slot: number, slots: number, { name, subjects }: Pick<Scenario, 'name' | 'subjects'>): readonly Subject[] {
  return operations[name].as === 'session' ? subjects.slice(0, 1) : subjects.filter((_, n) => n % slots === slot);
}

interface Scenario {
  readonly name: OperationName;
  readonly inFlight: number;
  readonly workers: number;
  readonly subjects: readonly Subject[];
  readonly options: Options;
}

/** What is held against each other is measured in turn, and the round of the median ratio is told. */
async function against(
  keyward: Keyward,
  load: Helper<LoadPlan, LoadResult>,
  scenario: Scenario,
  tell: (row: CallRow) => void,
): Promise<void> {
  const { name, inFlight, workers, options } = scenario;
  const { title, calls } = operations[name];
  const slots = Array.from({ length: inFlight }, (_, slot) => shareOf(slot, inFlight, scenario));
  const direct = new Direct(keyward, scenario, slots);
  try {
    for (const protocol of options.protocols) {
      const plan: LoadPlan = {
        protocol,
        port: keyward.port,
        token: tokenOf(keyward, scenario),
        connections: protocol === 'rest' ? inFlight : workers,
        slots: slots.map((own) => calls(protocol, own, keyward.orgId)),
        warmSeconds: WARM_SECONDS,
        seconds: options.seconds / ROUNDS,
      };
      const bare = await Bare.start(load, plan, keyward.pid, workers);
      try {
        const rounds: CallRow[] = [];
        for (let round = 0; round < ROUNDS; round++)
          rounds.push({ ...(await oneRound(keyward, load, plan, bare, direct)), title, protocol, inFlight, workers });
        rounds.sort((one, other) => (one.ratio ?? 0) - (other.ratio ?? 0));
        const failures = rounds.reduce((sum, one) => sum + one.failures, 0);
        const row = rounds[(ROUNDS - 1) / 2]!; // there is an odd number of them
        tell({ ...row, failures, met: (row.ratio ?? 0) >= BARS[protocol] && failures === 0 });
      } finally {
        await bare.end();
      }
    }
  } finally {
    await direct.end();
  }
}

type Round = Omit<CallRow, 'title' | 'protocol' | 'inFlight' | 'workers'>;

async function oneRound(
  keyward: Keyward,
  load: Helper<LoadPlan, LoadResult>,
  plan: LoadPlan,
  bareServer: Bare,
  without: Direct,
): Promise<Round> {
  await allActive(keyward);
  const [{ perSecond, p50, p99, failures }, cpu] = await loaded(load, plan, keyward.pid);
  const bare = await bareServer.measure();
  const direct = await without.measure(plan);
  const limit = 1 / (1 / bare.perSecond + 1 / direct.perSecond);
  return {
    perSecond,
    p50,
    p99,
    failures,
    cpu,
    bare,
    direct,
    limit,
    ratio: perSecond / limit,
    cpuRatio: (bare.cpu + direct.cpu) / cpu,
    met: true,
  };
}

/** Calls that come whether or not the former ones are answered, each on a user of its own. */
async function atFixedRate(
  keyward: Keyward,
  load: Helper<LoadPlan, LoadResult>,
  protocol: Protocol,
  workers: number,
  { seconds }: Options,
): Promise<CallRow> {
  const users = await addMachines(keyward, `f${protocol}${workers}x`, Math.ceil((seconds + WARM_SECONDS) * FIXED.rate));
  const plan: LoadPlan = {
    protocol,
    port: keyward.port,
    token: keyward.token,
    // Over HTTP/1.1 a connection has one call at a time, over HTTP/2 256: enough for answers that take a tenth of a second.
    connections: protocol === 'rest' ? 64 : 4,
    slots: [users.map((userId) => deactivate(protocol, userId))],
    warmSeconds: WARM_SECONDS,
    seconds,
    rate: FIXED.rate,
  };
  const [{ perSecond, p50, p99, failures }, cpu] = await loaded(load, plan, keyward.pid);
  const met = p50 <= FIXED.p50 && p99 <= FIXED.p99 && failures === 0;
  return { title: 'Deactivate at 500/s', protocol, inFlight: 0, workers, perSecond, p50, p99, failures, cpu, met };
}

const tokenOf = (keyward: Keyward, { name, subjects }: Pick<Scenario, 'name' | 'subjects'>): string =>
  operations[name].as === 'session' ? subjects[0]!.token : keyward.token;

/** The commands alone, in as many processes as Keyward has workers. */
class Direct {
  readonly #keyward: Keyward;
  readonly #scenario: Scenario;
  readonly #slots: readonly (readonly Subject[])[];
  readonly #helpers: readonly Helper<DirectPlan, number>[];

  constructor(keyward: Keyward, scenario: Scenario, slots: readonly (readonly Subject[])[]) {
    this.#keyward = keyward;
    this.#scenario = scenario;
    this.#slots = slots;
    this.#helpers = Array.from({ length: scenario.workers }, () => new Helper<DirectPlan, number>('direct.ts'));
  }

  async measure({ warmSeconds, seconds }: Pick<LoadPlan, 'warmSeconds' | 'seconds'>): Promise<Side> {
    await allActive(this.#keyward);
    const results = await Promise.all(
      this.#helpers.map(async (helper, n) => {
        const clock = { warmSeconds: warmSeconds + 0.3, seconds }; // its connections are new
        const [perSecond, cpu] = await Promise.all([
          helper.ask({
            address: this.#keyward.address,
            connections: CONNECTIONS,
            token: tokenOf(this.#keyward, this.#scenario),
            operation: this.#scenario.name,
            slots: this.#slots.filter((_, slot) => slot % this.#helpers.length === n),
            ...clock,
          }),
          usedBetween(helper.pid, clock),
        ]);
        return { perSecond, cpu };
      }),
    );
    const sum = (of: 'perSecond' | 'cpu'): number => results.reduce((all, result) => all + result[of], 0);
    return { perSecond: sum('perSecond'), cpu: (sum('cpu') / (sum('perSecond') * seconds)) * 1e6 };
  }

  async end(): Promise<void> {
    await Promise.all(this.#helpers.map((helper) => helper.end()));
  }
}

/** The bare server, which answers as Keyward does. */
class Bare {
  readonly #load: Helper<LoadPlan, LoadResult>;
  readonly #plan: LoadPlan;
  readonly #helper: Helper<BarePlan, number>;

  private constructor(load: Helper<LoadPlan, LoadResult>, plan: LoadPlan, helper: Helper<BarePlan, number>) {
    this.#load = load;
    this.#plan = plan;
    this.#helper = helper;
  }

  static async start(load: Helper<LoadPlan, LoadResult>, plan: LoadPlan, server: number, workers: number): Promise<Bare> {
    const [{ sample }] = await loaded(load, { ...plan, warmSeconds: 0, seconds: 0.3 }, server);
    const helper = new Helper<BarePlan, number>('bare.ts');
    const port = await helper.ask({ protocol: plan.protocol, workers, answer: sample });
    return new Bare(load, { ...plan, port }, helper);
  }

  async measure(): Promise<Side> {
    const [{ perSecond }, cpu] = await loaded(this.#load, this.#plan, this.#helper.pid);
    return { perSecond, cpu };
  }

  end(): Promise<void> {
    return this.#helper.end();
  }
}

/** The result, and the microseconds of CPU a call that the server used while the clock ran. */
async function loaded(load: Helper<LoadPlan, LoadResult>, plan: LoadPlan, server: number): Promise<[LoadResult, number]> {
  const [result, cpu] = await Promise.all([load.ask(plan), usedBetween(server, plan)]);
  return [result, (cpu / (result.perSecond * plan.seconds)) * 1e6];
}

/** Seconds of CPU, without what starting and warming up took. */
async function usedBetween(
  pid: number,
  { warmSeconds, seconds }: { readonly warmSeconds: number; readonly seconds: number },
): Promise<number> {
  await pause(warmSeconds * 1000);
  const before = cpuSeconds(pid);
  await pause(seconds * 1000);
  return cpuSeconds(pid) - before;
}

/** A run may end between deactivate and reactivate. */
const allActive = ({ sql, instanceId }: Keyward) => sql`update users set state = 1 where instance_id = ${instanceId} and state = 2`;
