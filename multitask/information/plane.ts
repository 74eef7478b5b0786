import type { EChartsOption } from "echarts";
import type { Picture } from "../../training/plots/render-svg.ts";
import { colours } from "../../training/plots/theme.ts";
import { colourOf } from "../../training/reproduce/charts.ts";
import type { InformationResult } from "./measure.ts";

/** Ways through the information plane, a curve a run: a small dot an epoch, a large one for the last, with its neuron. */
export function drawInformationPlane(results: readonly InformationResult[]): Picture {
  const kinds = new Set(results.map(({ form }) => form));
  const forms = [...kinds].join(", ");
  const lengths = results.map((r) => r.epochs.length);
  const most = Math.max(...lengths);
  const epochs = `${Math.min(...lengths) < most ? "up to " : ""}${most} epoch${most === 1 ? "" : "s"}`;
  const axis = (name: string, nameGap: number) => ({
    type: "value" as const,
    name,
    nameLocation: "middle" as const,
    nameGap,
    scale: true,
    splitLine: { lineStyle: { color: colours.hairline } },
  });
  const option: EChartsOption = {
    title: {
      text: "The information plane",
      subtext: `${forms}; ${epochs}, on test images; up: more on the labels, left: less kept of the image`,
      left: 12,
      top: 8,
    },
    legend: { top: 56, left: 56, icon: "circle", itemHeight: 8 },
    grid: { left: 64, right: 32, top: 92, bottom: 56 },
    xAxis: axis("I(X;Z) at most, bits", 30),
    yAxis: axis("I(Z;Y) at least, bits", 44),
    series: results.map(({ neuron, form, seed, epochs: points }) => {
      const last = points.length - 1;
      return {
        // The two forms count different entropies: where both are drawn, each curve says which.
        name: kinds.size > 1 ? `${neuron}, ${form}` : neuron,
        type: "line",
        symbol: "circle",
        lineStyle: { width: 1.5, color: colourOf(neuron), opacity: seed === 0 ? 1 : 0.5 },
        itemStyle: { color: colourOf(neuron) },
        data: points.map(({ izxBits, izyBits }, i) => ({
          value: [izxBits, izyBits],
          symbolSize: i === last ? 10 : 3,
        })),
      };
    }),
  };
  return {
    option,
    widthPx: 720,
    heightPx: 480,
    description: `I(Z;Y) against I(X;Z) of ${results.map(({ neuron }) => neuron).join(", ")} over ${epochs} (${forms})`,
  };
}
