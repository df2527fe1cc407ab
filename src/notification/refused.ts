/** The other side has refused a message for good: it is not tried again. */
export class Refused extends Error {}
