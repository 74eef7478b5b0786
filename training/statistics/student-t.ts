/**
 * Share of Student's t distribution that lies within -t ... t, for a whole number of degrees of freedom, in closed form
 * (Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4):
 *
 *   theta = atan(t / sqrt(nu))
 *   nu even:  sin theta (1 + 1/2 cos^2 + (1 3)/(2 4) cos^4 + ... up to cos^(nu - 2))
 *   nu odd:   2/pi (theta + sin theta (cos + 2/3 cos^3 + (2 4)/(3 5) cos^5 + ... up to cos^(nu - 2)))
 */
function shareWithin(t: number, nu: number): number {
  const theta = Math.atan(t / Math.sqrt(nu));
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  const odd = nu % 2;
  let term = odd === 1 ? cos : 1;
  let sum = 0;
  for (let power = odd; power <= nu - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cos * cos;
  }
  return odd === 1 ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
}

/**
 * The two-sided quantile of Student's t: a share `level` of the distribution lies within +- the result.
 *
 * @param nu degrees of freedom, a whole number from 1 on
 */
export function studentT(level: number, nu: number): number {
  let [low, high] = [0, 1];
  while (shareWithin(high, nu) < level) high *= 2;
  // Halved until the two are neighbouring numbers.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (shareWithin(middle, nu) < level) low = middle;
    else high = middle;
  }
}
