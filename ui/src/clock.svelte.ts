// The window's clock, in unix seconds. It ticks, so that dates in an open window stay correct.
const TICK_MS = 30_000;

export class Clock {
  now = $state(0);

  constructor(read: () => number) {
    const set = () => {
      this.now = Math.floor(read() / 1000);
    };
    set();
    setInterval(set, TICK_MS);
  }
}
