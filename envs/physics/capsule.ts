/**
 * Mass and inertia of the capsules of which Gymnasium's model files are made (MuJoCo's default density, 1000 kg/m3).
 * A capsule is a cylinder of `lengthM` with a half ball of `radiusM` on each end.
 */

const DENSITY_KG_PER_M3 = 1000;

/** m = rho (pi r^2 l + 4/3 pi r^3), kg. */
export function capsuleMassKg(radiusM: number, lengthM: number): number {
  // In this order the results are those of the compiled models to the last bit.
  const ball = (4 * radiusM * radiusM * radiusM) / 3;
  return DENSITY_KG_PER_M3 * (Math.PI * (radiusM * radiusM * lengthM + ball));
}

/**
 * Inertia of a uniform capsule of mass m about an axis through its centre and across its length, kg m2:
 *
 *     m_ball = 4 r m / (4 r + 3 l),  m_cyl = m - m_ball
 *     I = m_cyl (3 r^2 + l^2) / 12 + m_ball (2/5 r^2 + l (2 l + 3 r) / 8)
 *
 * (parallel axes applied to each half ball, whose centre of mass lies 3/8 r beyond the cylinder's end).
 */
export function capsuleInertiaKgM2(massKg: number, radiusM: number, lengthM: number): number {
  const ball = (4 * radiusM * massKg) / (4 * radiusM + 3 * lengthM);
  const cylinder = massKg - ball;
  return (
    (cylinder * (3 * radiusM * radiusM + lengthM * lengthM)) / 12 +
    ball * ((2 / 5) * radiusM * radiusM + (lengthM * (2 * lengthM + 3 * radiusM)) / 8)
  );
}
