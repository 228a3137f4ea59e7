import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { Bars } from './bars';
import { fonts } from '../shell/theme';

register([BarChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** A report as bars. The table below it says the same in figures, so screen readers pass it by. */
export default function ReportChart({ bars }: { bars: Bars }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);

  useEffect(() => {
    const made = init(place.current as HTMLDivElement, undefined, { renderer: 'svg' });
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(place.current as HTMLDivElement);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(
      {
        color: ['#1f6f68', '#d9a441', '#7fb3ab', '#c0392b'],
        animationDuration: 300,
        textStyle: { fontFamily: fonts },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, confine: true },
        legend: { type: 'scroll', top: 0, left: 0, itemWidth: 12, itemHeight: 12, icon: 'roundRect' },
        grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
        xAxis: { type: 'category', data: bars.names, axisTick: { show: false }, axisLabel: { color: '#5c6664', interval: bars.names.length > 12 ? 'auto' : 0 } },
        yAxis: { type: 'value', splitLine: { lineStyle: { color: '#eef0ee' } }, axisLabel: { color: '#8a9391' } },
        series: bars.series.map(({ name, values }) => ({ name, type: 'bar', barMaxWidth: 28, itemStyle: { borderRadius: [3, 3, 0, 0] }, data: values })),
      },
      true,
    );
  }, [bars]);

  return <div ref={place} style={{ height: 260 }} aria-hidden="true" />;
}
