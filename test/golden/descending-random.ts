/**
 * Loaded into the comparer before a scenario: every random number is smaller than the one before.
 * Scenario 14 gives two users names of blanks, of random length: were the second the longer one, the comparer would take it for the first and more.
 */
let last = 0.99;
Math.random = () => {
  last *= 0.9;
  return last;
};
