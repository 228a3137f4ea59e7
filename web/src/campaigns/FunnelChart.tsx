import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { StageCount } from '../api/model';
import { useTexts } from '../i18n';
import { fonts } from '../shell/theme';

register([BarChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const colours = ['#c9d6d3', '#7fb3ab', '#1f6f68', '#c0392b', '#d9a441'];

/** The funnel as bars, one group per stage. The table below it says the same in figures, so screen readers pass it by. */
export default function FunnelChart({ stages }: { stages: StageCount[] }) {
  const { t, label, language } = useTexts();
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
    const series = [
      { name: t('campaigns.due'), of: (stage: StageCount) => stage.due },
      { name: t('campaigns.sent'), of: (stage: StageCount) => stage.sent },
      { name: t('campaigns.delivered'), of: (stage: StageCount) => stage.delivered },
      { name: t('campaigns.failed'), of: (stage: StageCount) => stage.failed },
      { name: t('campaigns.paidAfter'), of: (stage: StageCount) => stage.paid_after },
    ];
    chart.current?.setOption({
      color: colours,
      animationDuration: 300,
      textStyle: { fontFamily: fonts },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, confine: true },
      legend: { type: 'scroll', top: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, icon: 'roundRect' },
      grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
      xAxis: { type: 'category', data: stages.map((stage) => label('stage', stage.key)), axisTick: { show: false }, axisLine: { lineStyle: { color: '#d5dad8' } }, axisLabel: { color: '#5c6664' } },
      yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: '#eef0ee' } }, axisLabel: { color: '#8a9391' } },
      series: series.map(({ name, of }) => ({ name, type: 'bar', barMaxWidth: 22, barGap: '15%', itemStyle: { borderRadius: [3, 3, 0, 0] }, data: stages.map(of) })),
    });
  }, [stages, t, label, language]);

  return <div ref={place} className="funnel-chart" aria-hidden="true" />;
}
