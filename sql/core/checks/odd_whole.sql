-- a figure that contradicts what stands beside it: indicator, area, year and rule
with
-- the country and the gemeenten beside what their parts give, and how sure both are
beside_parts as (
    select
        indicator_id,
        comparator_code as area_code,
        year,
        value,
        computed_value,
        coalesce(value_error, 0) as value_error,
        coalesce(computed_error, 0) as computed_error,
    from core.comparator_value
    where is_published and value is not null and computed_share between 0.99 and 1.01
),

of_wijken as (
    select
        place.gemeente_code,
        wijk.indicator_id,
        wijk.year,
        sum(wijk.value) as value,
        count(wijk.value) as wijken,
        sum(coalesce(wijk.standard_error, 0) ** 2) as error_squared,
    from core.observation as wijk
    join core.place as place using (area_code)
    join catalog.indicator as indicator using (indicator_id)
    where place.area_kind = 'wijk' and place.is_listed and indicator.aggregation = 'sum'
    group by all
),

-- sums, where no wijk is missing
summed as (
    select
        gemeente.indicator_id,
        gemeente.area_code,
        gemeente.year,
        gemeente.value,
        of_wijken.value as computed_value,
        coalesce(gemeente.standard_error, 0) as value_error,
        sqrt(greatest(of_wijken.error_squared, 0)) as computed_error,
    from core.observation as gemeente
    join of_wijken
        on of_wijken.gemeente_code = gemeente.area_code
        and of_wijken.indicator_id = gemeente.indicator_id
        and of_wijken.year = gemeente.year
    join (
        select gemeente_code, count(*) as wijken
        from core.place
        where area_kind = 'wijk' and is_listed
        group by all
    ) as listed
        on listed.gemeente_code = gemeente.area_code
        and listed.wijken = of_wijken.wijken
    where gemeente.value is not null
),

apart as (
    select
        *,
        value - computed_value as apart,
        (
            select count(*)
            from catalog.indicator_break as definition_break
            where definition_break.indicator_id = whole.indicator_id
                and definition_break.year <= whole.year
        ) as segment,
    from (
        select * from beside_parts

        union all by name

        select * from summed
    ) as whole
    where computed_value is not null
),

-- crimes without a wijk, or people without a share, put a whole beside its parts every year
usual as (
    select
        apart.*,
        median(apart.apart) over of_whole as usually_apart,
        -- what is told: with one wrong year of two the median lies between them
        median(apart.apart) over (
            partition by indicator_id, area_code, segment
            rows between unbounded preceding and unbounded following exclude current row
        ) as otherwise_apart,
        count(*) over of_whole as years,
    from apart
    window of_whole as (partition by indicator_id, area_code, segment)
),

-- well beyond what is usual for the indicator, where all other years of the area lie within
beyond as (
    select
        indicator_id,
        area_code,
        any_value(year) filter (where not is_usual) as year,
        any_value(value) filter (where not is_usual) as value,
        usual_low,
        usual_high,
    from (
        select
            observation.indicator_id,
            observation.area_code,
            observation.year,
            observation.value,
            indicator.usual_low,
            indicator.usual_high,
            observation.value between indicator.usual_low and indicator.usual_high as is_usual,
            (indicator.usual_high - indicator.usual_low) / 10 as well,
        from core.observation as observation
        join catalog.indicator as indicator using (indicator_id)
        where observation.value is not null and indicator.usual_low is not null
    )
    group by indicator_id, area_code, usual_low, usual_high
    having count(*) >= 3
        and count(*) filter (where not is_usual) = 1
        and count(*) filter (where value not between usual_low - well and usual_high + well) = 1
)

select
    usual.indicator_id,
    usual.year,
    usual.area_code,
    'whole' as rule,
    format(
        '{} {} {}: the figure is {}, and its parts give {}; in other years it lies {:+} from them',
        usual.indicator_id, usual.area_code, usual.year, round(usual.value, 3),
        round(usual.computed_value, 3), round(usual.otherwise_apart, 3)
    ) as sentence,
from usual
join catalog.indicator as indicator using (indicator_id)
where usual.years >= 2
    and abs(usual.apart - usual.usually_apart)
    > rule('whole_apart_share') * abs(usual.value)
    + rule('whole_apart_steps') * 10.0 ** -indicator.decimals
    + rule('whole_apart_errors')
    * sqrt(usual.value_error ** 2 + usual.computed_error ** 2)

union all by name

select
    indicator_id,
    year,
    area_code,
    'unusual' as rule,
    format(
        '{} {} {}: the figure is {}, usual is {} to {}, as in its other years',
        indicator_id, area_code, year, round(value, 3), usual_low, usual_high
    ) as sentence,
from beyond
