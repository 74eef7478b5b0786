/**
 * The one look of every picture: the viewer's colours (Okabe and Ito's, safe for colour-blind eyes), the system's sans.
 *
 * A chart is always described in the light theme's colours. `renderSvg` then turns them dark, or lets the reader's own
 * preference decide, so nothing that describes a chart knows of themes.
 */

/** Colours with a meaning; keep them to it. */
export const colours = {
  /** Text and the membrane: near-black on light, near-white on dark. */
  ink: "#14181e",
  /** Axes and captions. */
  muted: "#5b6573",
  /** Grid lines. */
  hairline: "#e1e4e8",
  /** Leak, zero lines, whatever is only there to be compared with. */
  grey: "#8a93a0",
  background: "#ffffff",
  blue: "#0072b2",
  orange: "#e69f00",
  green: "#009e73",
  vermillion: "#d55e00",
  purple: "#cc79a7",
  sky: "#56b4e9",
} as const;

/** Colours of series that have no meaning of their own, in turn. */
export const seriesColours: readonly string[] = [
  colours.blue,
  colours.orange,
  colours.green,
  colours.vermillion,
  colours.purple,
  colours.sky,
  colours.grey,
];

/** What differs on a dark background; the others are legible on both. */
export const darkColours: Readonly<Record<string, string>> = {
  [colours.ink]: "#eef1f5",
  [colours.muted]: "#a3adba",
  [colours.hairline]: "#272d36",
  [colours.grey]: "#8f99a7",
  [colours.background]: "#0e1116",
  [colours.blue]: "#3d9bd6",
};

export const FONT_FAMILY = "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif";

const text = { color: colours.muted, fontFamily: FONT_FAMILY, fontSize: 12 };

const axis = {
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: text,
  nameTextStyle: text,
  splitLine: { show: true, lineStyle: { color: colours.hairline, width: 1 } },
};

/** What a chart looks like unless its option says otherwise, as an ECharts theme. */
export const chartTheme = {
  color: [...seriesColours],
  backgroundColor: colours.background,
  textStyle: { fontFamily: FONT_FAMILY, color: colours.ink },
  title: {
    left: 12,
    top: 10,
    itemGap: 4,
    textStyle: { fontFamily: FONT_FAMILY, fontSize: 15, fontWeight: 600, color: colours.ink },
    subtextStyle: text,
  },
  legend: {
    icon: "roundRect",
    itemWidth: 14,
    itemHeight: 3,
    itemGap: 16,
    textStyle: { ...text, color: colours.ink },
  },
  valueAxis: axis,
  logAxis: axis,
  timeAxis: axis,
  categoryAxis: { ...axis, splitLine: { show: false } },
  line: { symbol: "none", lineStyle: { width: 1.75 } },
  bar: { itemStyle: { borderRadius: 2 } },
  boxplot: { itemStyle: { borderWidth: 1.5 } },
};
