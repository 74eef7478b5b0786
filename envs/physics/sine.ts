/**
 * Sine and cosine to the bits of the C library that MuJoCo's WebAssembly build computes with. JavaScript's own differ from
 * them in the last place once in a hundred angles, and an unstable pendulum multiplies that by a hundred million in 2 s.
 *
 * The angle is brought within a quarter turn by subtracting n pi/2 in two or three parts (Cody & Waite, Software Manual for
 * the Elementary Functions, 1980); there the minimax polynomials of fdlibm (K. C. Ng, Sun Microsystems, 1993) are evaluated
 * in the order of its successors (FreeBSD msun, musl).
 */

/** The largest angle that needs no reduction, and the smallest that is left to JavaScript. */
const QUARTER = 0.7853981852531433;
const HUGE = 1e6;

const TWO_OVER_PI = 0.6366197723675814;
/** Adding and subtracting it rounds to an integer. */
const TO_INTEGER = 1.5 / Number.EPSILON;
/** pi/2 in parts of 33 bits, each with what is left over. */
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_1_REST = 6.077100506506192e-11;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_2_REST = 2.0222662487959506e-21;
/** A result smaller than this share of the angle has lost too many bits: the second part is needed. */
const CANCELLED = 2 ** -17;

/** Leaves sine and cosine of the last angle; of one thread, which reads them at once. */
export class SineCosine {
  sin = 0;
  cos = 1;

  of(angle: number): void {
    const size = Math.abs(angle);
    if (size <= QUARTER) {
      this.sin = sineKernel(angle, 0);
      this.cos = cosineKernel(angle, 0);
      return;
    }
    if (!(size < HUGE)) {
      this.sin = Math.sin(angle);
      this.cos = Math.cos(angle);
      return;
    }
    const n = angle * TWO_OVER_PI + TO_INTEGER - TO_INTEGER;
    let r = angle - n * HALF_PI_1;
    let w = n * HALF_PI_1_REST;
    let y = r - w;
    if (Math.abs(y) < CANCELLED * size) {
      const t = r;
      w = n * HALF_PI_2;
      r = t - w;
      w = n * HALF_PI_2_REST - (t - r - w);
      y = r - w;
    }
    const rest = r - y - w;
    const sin = sineKernel(y, rest);
    const cos = cosineKernel(y, rest);
    const quadrant = n & 3;
    this.sin = quadrant === 0 ? sin : quadrant === 1 ? cos : quadrant === 2 ? -sin : -cos;
    this.cos = quadrant === 0 ? cos : quadrant === 1 ? -sin : quadrant === 2 ? -cos : sin;
  }
}

/** sin(x + rest), |x| at most pi/4. */
function sineKernel(x: number, rest: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * 2.7557313707070068e-6) +
    z * w * (-2.5050760253406863e-8 + z * 1.58969099521155e-10);
  const v = z * x;
  const s1 = -0.16666666666666632;
  return rest === 0 ? x + v * (s1 + z * r) : x - (z * (0.5 * rest - v * r) - rest - v * s1);
}

/** cos(x + rest), |x| at most pi/4. */
function cosineKernel(x: number, rest: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 2.480158728947673e-5)) +
    w * w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11));
  const half = 0.5 * z;
  const one = 1 - half;
  return one + (1 - one - half + (z * r - x * rest));
}
