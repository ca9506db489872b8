-- what the figure of one area, indicator and year is compared with, as its class was judged
select
    benchmark.area_code,
    benchmark.indicator_id,
    benchmark.year,
    max(benchmark.value) filter (where benchmark.comparator = 'gemeente') as gemeente,
    max(benchmark.value) filter (where benchmark.comparator = 'nl') as nl,
    max(benchmark.value) filter (where benchmark.comparator = lead.comparator) as programme,
    bool_or(benchmark.is_self_excluded) filter (where benchmark.comparator = 'gemeente')
        as is_rest_of_gemeente,
    bool_or(benchmark.is_self_excluded) filter (where benchmark.comparator = lead.comparator)
        as is_rest_of_programme,
from core.benchmark as benchmark
left join lead using (area_code)
where
    benchmark.comparator in ('gemeente', 'nl')
    or (
        benchmark.comparator = lead.comparator
        and coalesce(benchmark.programme_id, lead.programme_id) = lead.programme_id
    )
group by all
