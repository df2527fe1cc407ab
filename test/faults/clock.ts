/** Loaded into a server before all else (`node --import`): on SIGUSR2 its clock jumps by CLOCK_JUMP_MS. Timers go on, as on a real machine. */
const jump = Number(process.env.CLOCK_JUMP_MS);
const RealDate = Date;
let shift = 0;

process.on('SIGUSR2', () => {
  shift += jump;
});

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [target.now() + shift] : args, self),
  apply: (target) => new target(target.now() + shift).toString(),
  get: (target, name, self) => (name === 'now' ? () => target.now() + shift : Reflect.get(target, name, self)),
});
