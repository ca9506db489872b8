-- the chances of each of core.true_slopes before a line is seen: area kind, indicator, axis and edition year
with pool as (
    select distinct pool_id, area_kind, indicator_id
    from core.trend_series
),

-- lines that hardly differ are counted together; a size of its own is brought to the usual one
tested as (
    select
        pool.indicator_id,
        test.axis,
        test.edition_year,
        coalesce(nullif(test.usual_change, 0) / nullif(test.meaningful_change, 0), 1) as size,
        least(greatest(round(4 * test.score_slope / size) / 4, -3), 3) as score,
        exp(
            round(
                5 * ln(
                    greatest(test.slope_error / size, rule('prior_least_error'))
                )
            ) / 5
        ) as error,
        count(*) filter (where not test.has_own_change) as lines,
    from core.trend_test as test
    join pool using (pool_id)
    where test.is_sufficient and test.slope_error is not null
    group by all
),

line as (
    select indicator_id, axis, edition_year, score, error, sum(lines)::double as lines,
        agreement(score, error) as agreement,
    from tested
    group by all
    having sum(lines) > 0
),

line_of_axis as (
    select axis, score, error, sum(lines) as lines, any_value(agreement) as agreement,
    from line
    group by all
),

-- of an axis as a whole; before any line is seen as many stand still or get worse as improve by
-- what matters or more
shared as (
    select
        axis,
        chances_after(
            list(lines order by score, error),
            list(agreement order by score, error),
            [
                0.006, 0.037, 0.068, 0.083, 0.098, 0.118, 0.111, 0.094, 0.088, 0.091, 0.090, 0.082,
                0.034
            ]::double[],
            rule('prior_stated_weight'),
            rule('prior_shared_steps')
        ) as chances,
    from line_of_axis
    group by axis
),

gathered as (
    select indicator_id, axis, edition_year,
        list(lines order by score, error) as lines,
        list(agreement order by score, error) as agreements,
    from line
    group by all
),

own as (
    select gathered.indicator_id, gathered.axis, gathered.edition_year,
        chances_after(
            lines, agreements, shared.chances, rule('prior_shared_weight'), rule('prior_steps')
        ) as chances,
    from gathered
    join shared using (axis)
)

select
    core.noise_id(
        pool.pool_id * 4 + list_position(['own', 'gap_gemeente', 'gap_nl', 'gap_programme'], own.axis)
        - 1,
        own.edition_year
    ) as noise_id,
    pool.area_kind,
    own.indicator_id,
    own.axis,
    own.edition_year,
    own.chances,
from own
join pool using (indicator_id)
